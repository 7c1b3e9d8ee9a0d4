# rnncourse: serial
# %% [markdown]
# # 19 · The new recurrences
#
# **What does a recurrent network gain when its gates stop looking at its state, and what can it no longer do?**
#
# **You will be able to**
# - write a linear recurrence as a scan, and say why any grouping of its steps gives the same states;
# - say where a scan saves time: on which machine, and by how much on yours;
# - make a minimal GRU from a GRU, line by line, and a minimal LSTM from an LSTM;
# - read the eigenvalues of a state-space layer as filters that remember, forget and swing;
# - find a task that no gate between 0 and 1 can do, and the change that brings it back.
#
# **You need** [lesson 13](13_gru_and_which_to_choose.ipynb) for the GRU and [lesson 12](12_lstm.ipynb) for what a gate keeps. *{{minutes}} minutes to read,
# about {{seconds}} seconds to run.*

# %%
from rnncourse import measure, models, plots
from rnncourse.measure import claim
from fractions import Fraction
import keras
import matplotlib.pyplot as plt
import numpy as np
import statistics
import tensorflow as tf
import time

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 19])

# %% [markdown]
# ## A step that need not wait
# A GRU has to wait. Its gates at step 200 read $h_{199}$, which needs $h_{198}$, and so on back to the start: 200 matrix products, one after another, and no machine can
# do the last of them first. A Transformer does not wait: it reads all steps of a text at once (lesson 17).
#
# Take the state out of the gates. Then what a step keeps and what it adds come from its input alone, so both are known for all steps before the first state is computed:
#
# $$h_t = a_t \odot h_{t-1} + b_t .$$
#
# This is a **linear recurrence**: $a_t$, the **decay**, is what is kept of each unit, $b_t$ is what is added. You know it well. $a_t = 1$ is a running sum, a constant
# $a_t$ an exponential average, $a_t = f_t$ the cell state of an LSTM, if its gates did not look.
#
# **Before you run it:** the states still follow each other. Can $h_8$ be computed in fewer than eight steps, one after another?

# %%
def loop(a, b):
    """All states of h_t = a_t h_{t−1} + b_t from h_0 = 0, one after another."""
    states = [b[0]]
    for a_t, b_t in zip(a[1:], b[1:], strict=True):
        states.append(a_t * states[-1] + b_t)
    return states


def combined(first, second):
    """Two steps (a, b) as one: h → a₂(a₁h + b₁) + b₂ = (a₂a₁) h + (a₂b₁ + b₂)."""
    (a_1, b_1), (a_2, b_2) = first, second
    return a_2 * a_1, a_2 * b_1 + b_2


numerators = rng.integers(-9, 10, size=(2, 8))
exact_a, exact_b = ([Fraction(int(n), 7) for n in row] for row in numerators)       # no rounding anywhere
steps = list(zip(exact_a, exact_b, strict=True))
left = combined(combined(steps[0], steps[1]), steps[2])
right = combined(steps[0], combined(steps[1], steps[2]))
claim("Three steps combined from the left or from the right are the same step, exactly", left == right, f"both {left[0]}, {left[1]}")
claim("The order of two steps does matter", combined((2, 1), (3, 5)) != combined((3, 5), (2, 1)),
      f"{combined((2, 1), (3, 5))} and {combined((3, 5), (2, 1))}")

# %% [markdown]
# Two steps are one step of the same kind. And a grouping is free: the operation $(a_1, b_1) \circ (a_2, b_2) = (a_2 a_1,\; a_2 b_1 + b_2)$ is **associative**, as + is.
# That is the whole trick (Blelloch 1990; Martin & Cundy 2018). We used fractions, so this is no question of rounding. It is not commutative, though: what comes first
# stays first.
#
# With an associative operation all eight states take three rounds. In round one every step is combined with the one before it, in round two with what ends two steps
# before, in round three four steps before. After each round an entry covers twice as many steps. This is a **scan**.

# %%
def scan(steps):
    """The same states; and, round by round, which pairs were combined."""
    done, reach, rounds = list(steps), 1, []
    while reach < len(done):
        rounds.append([(t - reach, t) for t in range(reach, len(done))])
        done = done[:reach] + [combined(done[s], done[t]) for s, t in rounds[-1]]   # all at the same time
        reach *= 2
    return [b_t for _, b_t in done], rounds


by_rounds, rounds = scan(steps)
claim("Eight states in three rounds, equal to the loop exactly", by_rounds == loop(exact_a, exact_b) and len(rounds) == 3,
      f"h_8 = {by_rounds[-1]}")

# %%
figure, ax = plt.subplots(figsize=(7.2, 3.3))
for level, pairs in enumerate(rounds):
    for s, t in pairs:
        ax.plot([s + 1, t + 1], [level, level + 1], color=plots.PALETTE["simple"], linewidth=1.2)
    for t in range(8):
        ax.plot([t + 1, t + 1], [level, level + 1], color=plots.PALETTE["faint"], zorder=0)
for level in range(len(rounds) + 1):
    for t in range(8):
        covers = f"{max(1, t + 2 - 2**level)}–{t + 1}" if level and t else str(t + 1)
        ax.text(t + 1, level, covers, ha="center", va="center", fontsize=11,
                bbox={"boxstyle": "round", "fc": "white", "ec": "grey"})
ax.set(title="Each box: the steps it covers. Three rounds cover all eight", xlabel="step", ylabel="round",
       yticks=range(4), ylim=(-0.4, 3.4))
ax.grid(visible=False)
plt.show()

# %% [markdown]
# The price is in the figure. Count the blue lines: the loop combines seven times, this scan 17 times. In general it takes $\log_2 T$ rounds and about $T \log_2 T$
# combinations. A cleverer tree needs about $2T$ combinations in about $2 \log_2 T$ rounds: combine neighbours to pairs, scan the half as many pairs, then fill in
# between. That is `models.linear_scan(..., method="tree")`; `method="loop"` is the loop, compiled.

# %%
def tree(steps):
    """The states, how many combinations they took, and how many of them had to wait for each other."""
    if len(steps) == 1:
        return [steps[0][1]], 0, 0
    pairs = [combined(first, second) for first, second in zip(steps[::2], steps[1::2], strict=False)]
    ends, work, waits = tree(pairs)                                # the states after every second step
    between = [a_t * h + b_t for (a_t, b_t), h in zip(steps[2::2], ends, strict=False)]
    states = [steps[0][1]] + [None] * (len(steps) - 1)
    states[1::2], states[2::2] = ends, between
    return states, work + len(pairs) + len(between), waits + 1 + bool(between)


# %%
counts = {}
for length in (8, 64, 1024):
    adding_1 = [(1, 1)] * length                                   # a running count: h_t = t
    by_scan, by_tree = scan(adding_1), tree(adding_1)
    assert by_scan[0] == by_tree[0] == list(range(1, length + 1))
    counts[length] = (length - 1, sum(map(len, by_scan[1])), by_tree[1])
    print(f"T = {length:4}: loop {length - 1:4} combinations, {length - 1:4} in a row;  scan {counts[length][1]:4}, "
          f"{len(by_scan[1]):2} in a row;  tree {by_tree[1]:4}, {by_tree[2]:2} in a row")
claim("The tree takes fewer than two combinations a step, the loop one, the scan by doubling nine at T = 1024",
      counts[1024][2] < 2 * 1024 and round(counts[1024][1] / 1024) == 9, f"{counts[1024]}")

# %%
a_random = rng.uniform(-1, 1, size=(4, 37, 6)).astype("float32")   # (B, T, N)
b_random = rng.normal(size=(4, 37, 6)).astype("float32")
by_loop = np.stack(loop(a_random.swapaxes(0, 1), b_random.swapaxes(0, 1)), axis=1)              # (4, 37, 6)
apart = {method: np.abs(models.linear_scan(a_random, b_random, method=method) - by_loop).max()
         for method in ("loop", "tree")}
claim("models.linear_scan is our loop, both ways", max(apart.values()) < 1e-5,
      ", ".join(f"{method} {value:.0e}" for method, value in apart.items()))

# %% [markdown]
# ## Where the hundredfold is
# Papers report that scans train a hundred times faster and more, at thousands of steps (Feng et al. 2024 measure 175 times for minGRU at 512 steps). They measure on GPUs.
# A GPU has thousands of arithmetic units, and a recurrent layer leaves most of them idle while it waits. Give each step its own unit, and the waiting shrinks from $T$ to
# $\log T$.
#
# Your laptop has two cores, or eight. A handful of them cannot take a thousand steps at once, so most of the tree's combinations wait in a queue all the same, and there are
# twice as many.
#
# **Before you run it:** on this machine, is the tree faster than the loop? And is a minimal GRU, which you will build below, faster than Keras' GRU?

# %%
def seconds(calls, visits=5):
    """The median seconds of each call, in turns; the first call compiles and does not count."""
    taken = {name: [] for name in calls}
    for visit in range(visits + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            np.array(call())
            if visit:
                taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in taken.items()}


long_a = tf.constant(rng.uniform(0.5, 1, size=(16, 1024, 128)), tf.float32)
long_b = tf.constant(rng.normal(size=(16, 1024, 128)), tf.float32)
scanned = seconds({way: tf.function(lambda way=way: models.linear_scan(long_a, long_b, method=way), autograph=False,
                                    jit_compile=True) for way in ("loop", "tree")})     # both compiled into one program
claim("On a CPU the tree is not twice as fast as the loop at 1,024 steps", scanned["tree"] > scanned["loop"] / 2,
      f"it takes {scanned['tree'] / scanned['loop']:.1f} × the loop's time")

# %%
def training_step(layer, x):
    """One update of Adam, compiled as Keras' fit does on a CPU."""
    layer.build(x.shape)
    optimizer = keras.optimizers.Adam()
    optimizer.build(layer.trainable_variables)

    @tf.function(autograph=False)
    def update():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(layer(x)))
        optimizer.apply(tape.gradient(loss, layer.trainable_variables), layer.trainable_variables)
        return loss
    return update.get_concrete_function()


x_long = tf.constant(rng.normal(size=(16, 256, 128)), tf.float32)  # (B, T, D)
kinds = {"minimal GRU, a scan": models.MinGRU, "GRU": keras.layers.GRU}
trained = {name: training_step(kind(128, return_sequences=True), x_long) for name, kind in kinds.items()}
stepwise = models.MinGRU(128, return_sequences=True, mode="sequential")
taken = seconds(trained | {"minimal GRU, step by step": training_step(stepwise, x_long)})

# %%
times = {name: value / taken["minimal GRU, a scan"] for name, value in taken.items()}
plots.bars(times, models=["dense", "gru", "dense"], form="{:.1f}", xlabel="seconds of a training step, minimal GRU by scan: 1",
           title="A training step, 256 steps in time, 128 units")
plt.show()
claim("On this machine a training step of the minimal GRU takes less than half as long as one of Keras' GRU", times["GRU"] > 2,
      f"1/{times['GRU']:.1f} of its time")
claim("Step by step the same layer takes longer than by its scan", times["minimal GRU, step by step"] > 1,
      f"{times['minimal GRU, step by step']:.1f} × as long")

multiplied = {"GRU": 3 * 128 * (128 + 128), "minimal GRU": 2 * 128 * 128}           # a step, D = H = 128
claim("A minimal GRU multiplies a third as much in its matrices", 3 * multiplied["minimal GRU"] == multiplied["GRU"],
      f"{multiplied['minimal GRU']:,} and {multiplied['GRU']:,} a step")

# %% [markdown]
# So the gain is real, and it is no hundredfold. It does not come from the tree: on a CPU `linear_scan` uses the loop. It comes from doing less while you wait. All inputs
# go through **one** matrix product of $B \cdot T$ rows instead of $T$ products of $B$ rows. There is no product with a recurrent kernel. What is left in the loop is one
# multiplication and one addition a unit, compiled into one small program, and the backward pass is the same program from the right: with
# $dL/dh_t = \partial L/\partial h_t + a_{t+1} \odot dL/dh_{t+1}$, the gradient of a scan is a scan of the gradient. (As always, ∂ is what reaches $h_t$ directly, d what
# reaches it in all.)
#
# `benchmarks/recurrences.txt` has the same comparison at 64 to 4,096 steps, with LSTM, and with XLA for every rival.
#
# ## What is dropped
# Take lesson 13's GRU and remove three things.
#
# | | GRU (Keras) | minimal GRU (Feng et al. 2024) |
# |---|---|---|
# | the state in the gates | $z_t = \sigma(x_t W_z + h_{t-1} U_z + b_z)$ | $z_t = \sigma(x_t W_z + b_z)$ |
# | the reset gate | $r_t = \sigma(x_t W_r + h_{t-1} U_r + b_r)$ | – |
# | the candidate's tanh | $\tilde h_t = \tanh(x_t W_h + b_h + r_t \odot (h_{t-1} U_h + b'_h))$ | $\tilde h_t = x_t W_h + b_h$ |
# | what is kept | $h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t$ | $h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde h_t$ |
#
# The reset gate went because it had only the state to gate. The tanh went because nothing can blow up any more: a state is an average of candidates and
# of the state it began with. And **z has changed
# sides**: in the paper, and so in `models.MinGRU`, 1 takes the new. A linear recurrence has appeared, with $a_t = 1 - z_t$ and $b_t = z_t \odot \tilde h_t$.
#
# The minimal LSTM goes the same way. Input and forget gate stay, without the state. The output gate and both tanh go. And since without tanh nothing
# holds the state where $f_t + i_t > 1$, both are divided by their sum: $a_t = f_t / (f_t + i_t)$, $b_t = i_t / (f_t + i_t) \odot \tilde h_t$.

# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def min_gru(x, kernel, bias):
    to_gate, candidate = np.split(x @ kernel + bias, 2, axis=-1)   # (B, T, H) each, all steps at once
    z = sigmoid(to_gate)
    return 1 - z, z * candidate                                    # the decays and what is added


def min_lstm(x, kernel, bias):
    to_i, to_f, candidate = np.split(x @ kernel + bias, 3, axis=-1)
    i, f = sigmoid(to_i), sigmoid(to_f)
    return f / (f + i), i / (f + i) * candidate


x_small = rng.normal(size=(2, 20, 3)).astype("float32")            # (B, T, D)
for name, layer, by_hand in (("MinGRU", models.MinGRU(5, return_sequences=True), min_gru),
                             ("MinLSTM", models.MinLSTM(5, return_sequences=True), min_lstm)):
    outputs = np.array(layer(x_small))                             # (2, 20, 5)
    kept, added = by_hand(x_small, *layer.get_weights())
    apart = np.abs(np.stack(loop(kept.swapaxes(0, 1), added.swapaxes(0, 1)), axis=1) - outputs).max()
    claim(f"Our recurrence is models.{name}", apart < 1e-5, f"largest difference {apart:.0e}")

# %%
gru = keras.layers.GRU(5, return_sequences=True, activation="linear")
gru.build((None, None, 3))
minimal = models.MinGRU(5, return_sequences=True)
outputs = np.array(minimal(x_small))
(W_z, W_h), (b_z, b_h) = (np.split(weight, 2, axis=-1) for weight in minimal.get_weights())
kernel = np.concatenate([-W_z, np.zeros((3, 5)), W_h], axis=1)     # z with the other sign, r of no effect, h̃
bias = np.stack([np.concatenate([-b_z, np.zeros(5), b_h]), np.zeros(15)])
gru.set_weights([kernel, np.zeros((5, 15)), bias])                 # no state in any gate
apart = np.abs(np.array(gru(x_small)) - outputs).max()
claim("Keras' GRU without recurrent weights and without tanh is the minimal one, with −z", apart < 1e-5, f"{apart:.0e}")
sizes = {"GRU": gru.count_params(), "minimal GRU": minimal.count_params()}
print("parameters at D = 3, H = 5:", ", ".join(f"{name} {size}" for name, size in sizes.items()))

# %% [markdown]
# ## Decays that never change
# Go one step further and let even the input out of the decay: $h_t = \lambda \odot h_{t-1} + x_t B$, with the same $\lambda$ at every step. That is a **state-space
# model**, here a diagonal one: each unit has its own $\lambda_n$ and touches no other. With a fixed $\lambda$ what a layer does to one impulse, one 1 in a sea of zeros,
# is all there is to know. $k$ steps later the unit holds $\lambda^k$ of what the impulse
# brought.
#
# Real numbers between 0 and 1 give exponential averages. Complex numbers give more: $\lambda = |\lambda| e^{i\theta}$ turns by $\theta$ at every step while it shrinks by
# $|\lambda|$, a damped swing. **Before you run it:** which of these four remembers longest?

# %%
lambdas = {"0.5": 0.5, "0.95": 0.95, "0.95, turning by 0.3": 0.95 * np.exp(0.3j), "−0.9: turning by π": -0.9}
k = np.arange(40)
figure, panel = plt.subplots(1, 2, figsize=(7.6, 3.4), width_ratios=[3, 2])
circle = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
panel[1].plot(circle.real, circle.imag, color=plots.PALETTE["truth"], linewidth=1)
for (name, value), key in zip(lambdas.items(), ("baseline", "simple", "lstm", "gru"), strict=True):
    panel[0].plot(k, np.real(value**k), color=plots.PALETTE[key], label=name)
    panel[1].plot(np.real(value), np.imag(value), "o", color=plots.PALETTE[key], markersize=8)
ring = models.LRU(64)
ring.build((None, None, 1))
drawn = np.array(ring.cell.eigenvalues())
panel[1].plot(drawn.real, drawn.imag, ".", color=plots.PALETTE["faint"], zorder=0)
panel[0].set(title="What is left of an impulse", xlabel="steps later", ylabel="real part of λᵏ")
panel[0].legend(fontsize=10)
panel[1].set(title="The same λ in the plane", aspect="equal", xlabel="real part", ylabel="imaginary part")
plt.show()

# %% [markdown]
# 0.95 and its turning twin fade equally fast: $|\lambda|$ sets how long, the angle how often. The grey points are the 64 eigenvalues of a fresh `models.LRU`, the Linear
# Recurrent Unit of Orvieto and others (2023). It begins in a ring just inside the circle, and it stays inside: $|\lambda| = e^{-e^{\nu}}$ is below 1 whatever $\nu$ is
# learned (rounded to 32 bits it can become 1, never more). Its input is scaled by $\gamma = \sqrt{1 - |\lambda|^2}$, so that slow units do not drown the fast ones, and
# its output is $y_t = \mathrm{Re}(h_t C) + x_t D$. S4 and S4D (Gu et al. 2022) are built on the same idea with other starts.
#
# Because $\lambda$ is fixed, the whole layer is a convolution with a kernel as long as the sequence, and that is how S4 trains.

# %%
lru = models.LRU(1, return_sequences=True)
impulse = np.zeros((1, 60, 1), "float32")
impulse[0, 0] = 1
response = np.array(lru(impulse))[0, :, 0]                         # (60,): what one 1 leaves behind
signal = rng.normal(size=(1, 60, 1)).astype("float32")
convolved = np.convolve(signal[0, :, 0], response)[:60]
apart = np.abs(np.array(lru(signal))[0, :, 0] - convolved).max()
claim("A layer with fixed decays is a convolution with its impulse response", apart < 1e-4, f"largest difference {apart:.0e}")
claim("All eigenvalues of a fresh layer lie inside the unit circle, near it", (np.abs(drawn) < 1).all() and np.abs(drawn).min() > 0.89,
      f"|λ| from {np.abs(drawn).min():.3f} to {np.abs(drawn).max():.3f}")
moved = models.LRU(201)
moved.build((None, None, 1))
moved.cell.decay_log.assign(np.linspace(-50, 50, 201))
largest = np.abs(np.array(moved.cell.eigenvalues(), "complex128")).max()
claim("However far ν is moved, |λ| does not exceed 1", largest <= 1 + 1e-6, f"{largest:.6f} at most, ν from −50 to 50")

# %% [markdown]
# Fixed decays cannot choose. A GRU can look at a comma and forget; this layer forgets everything at its own rate, whatever comes. Mamba (Gu & Dao 2023) lets the decay see
# the input again, and is then a relative of minGRU.
#
# ## One token at a time
# A Transformer that writes keeps the keys and values of all that it has read. A recurrence keeps its state, and it does not care how it was trained: by scan in parallel,
# then step by step, or in pieces.

# %%
stream = rng.normal(size=(1, 2000, 3)).astype("float32")           # (B, T, D)
carried, apart = {}, {}
for name, layer in {"MinGRU": models.MinGRU(16, return_sequences=True), "LRU": models.LRU(16, return_sequences=True)}.items():
    whole = np.array(layer(stream))                                # (1, 2000, 16), by scan
    states, found = layer.get_initial_state(batch_size=1), []
    for t in range(300):
        output, states = layer.step(stream[:, t], states)          # (1, 16)
        found.append(output)
    carried[name] = sum(np.array(state).nbytes for state in states)
    rest = np.array(layer(stream[:, 300:], initial_state=states))  # and the rest in one piece
    apart[name] = np.abs(np.concatenate([np.stack(found, axis=1), rest], axis=1) - whole).max()
claim("300 single steps and 1,700 in one piece give what the whole sequence gives", max(apart.values()) < 1e-4,
      ", ".join(f"{name} {value:.0e}" for name, value in apart.items()))
cache = 2 * 2000 * 16 * 4                                          # keys and values of 2,000 steps, 16 float32 each
claim("What is carried are 16 numbers, or 16 complex ones, after any number of steps", carried == {"MinGRU": 64, "LRU": 128},
      f"{carried['MinGRU']} and {carried['LRU']} bytes; keys and values {cache:,}")

# %% [markdown]
# ## Recall over a lag
# Does memory need the state in the gates? Lesson 12's task: one of eight symbols, then distractors, then the question which symbol it was. Five nets of each kind with 32
# units, 1,000 updates at 0.003, over 20 and 80 distractors, measured by `make experiments`. *Keeping* means that the gates that keep begin at a bias of 4, σ(4) = 0.98;
# else they begin half open, as Keras' GRU does. LRU has a nonlinearity on its output here (GELU, a smoothed ReLU), since its paper puts a small network there.
#
# **Before you look:** which nets recall over 80 distractors? And does the GRU, which may look at its state, do better than the minimal one?

# %%
recall = measure.results("recall_by_net").set_index(["net", "lag"]).sort_index()    # seed, accuracy, cross_entropy
readers = ["GRU", "minGRU", "minLSTM", "GRU, keeping", "minGRU, keeping", "minLSTM, keeping", "LRU"]
recalled = np.array([[recall.loc[(name, lag), "accuracy"] for lag in (20, 80)] for name in readers])                # (7, 2, 5)
plots.solved(np.moveaxis(recalled, -1, 0), rows=readers, columns=["20 distractors", "80 distractors"], threshold=0.95, above=True,
             form="{:.2f}", xlabel="median accuracy of 5 nets (a guess: 0.125)",
             title="Recall of one symbol, by the first bias of the gates")
plt.show()

# %%
half_open, keeping, fixed = recalled[:3], recalled[3:6], recalled[6]
claim("With gates that begin by keeping every net recalls over 80 distractors, with the state in its gates or without",
      keeping[:, 1].min() > 0.95, f"{keeping[:, 1].min():.3f} or more, {keeping[:, 1].size} nets")
claim("With gates that begin half open no net does after as many updates, GRUs included", half_open[:, 1].max() < 0.3,
      f"{half_open[:, 1].max():.2f} at most")
claim("Over 20 distractors all of them do, and the LRU with its fixed decays over 80 as well",
      min(recalled[:, 0].min(), fixed[1].min()) > 0.95, f"{recalled[:, 0].min():.3f} and {fixed[1].min():.3f} or more")
check = measure.spot_check("recall_by_net", "cross_entropy", log=True,
                           where={"lag": [20], "net": ["minGRU, keeping", "minLSTM, keeping", "LRU"]})
claim("A cell of the table, measured again now, falls where the table says", check.agrees, str(check))

# %% [markdown]
# At this task nobody missed the state in the gates; where the gates begin decided. That is lesson 12's forget bias once more (an LSTM with a forget
# bias of 3 recalled over 80 distractors there, five times of five). A gate has to know *what* to keep, and the symbol itself says that. LRU, made for long memories, has
# no gates to get wrong: its $|\lambda|$ begin between 0.9 and 0.999.
#
# So what was the state in the gates good for?

# %% [markdown]
# ## What no gate between 0 and 1 can do
# A light switch: every 1 in the input flips it, every 0 leaves it. Is it on? That is **parity**, whether the number of ones so far is odd, and two states are enough for
# it.
#
# Now feed a minimal GRU nothing but ones. $a$ and $b$ are then the same at every step, with $0 < a < 1$, and $h_t = a\,h_{t-1} + b$ creeps towards $b / (1 - a)$. It
# creeps from one side and never comes back. **Before you run it:** the right answers are odd, even, odd, even. Can any read-out get them from a state that moves in one
# direction only?

# %%
def signed_parity():
    """h becomes 1 − h at a one and stays at a zero: z = 2σ(±30) is 2 or 0, and h̃ = 1/2."""
    layer = models.MinGRU(1, signed=True, return_sequences=True)
    layer.build((None, None, 1))
    layer.set_weights([np.array([[60.0, 0.0]]), np.array([-30.0, 0.5])])            # columns z, h̃
    return layer


only_ones = np.ones((1, 30, 1), "float32")
creeping = models.MinGRU(200, keep_bias=2.0, return_sequences=True)
moves = np.diff(np.array(creeping(only_ones))[0], axis=0)          # (29, 200): of 200 units with random weights
one_way = (moves >= -1e-7).all(axis=0) | (moves <= 1e-7).all(axis=0)                # (200,)
claim("On ones alone each of 200 minimal units moves in one direction only", one_way.all(), f"{one_way.sum()} of 200")
figure, ax = plt.subplots()
ax.plot(np.arange(1, 31), np.array(creeping(only_ones))[0, :, :6], color=plots.PALETTE["dense"], linewidth=1.2)
ax.step(np.arange(1, 31), np.array(signed_parity()(only_ones))[0, :, 0], where="mid", color=plots.PALETTE["lstm"])
ax.set(title="Thirty ones: six units that creep (blue), one that swings", xlabel="step", ylabel="state")
plt.show()

# %% [markdown]
# The other line is a minimal GRU of **one unit** with one change: $z_t = 2\sigma(\ldots)$. What is kept, $1 - z_t$, then lies in $(-1, 1)$ instead of $(0, 1)$, and with
# $-1$ the state changes its sign: $h_t = -h_{t-1} + 2 \tilde h_t = 1 - h_{t-1}$ for $\tilde h_t = 1/2$. Grazzi and others (2024) found this change of one line;
# `models.MinGRU(units, signed=True)` has it.
#
# The argument about creeping holds for a layer above as well, once the layer below has come to rest. Sarrof and others (2024) and Grazzi and others (2024) make it exact:
# with finite precision no number of layers with decays from 0 to 1 follows parity over sequences of any length. Fixed decays inside the circle have a plainer
# reason: what they hold fades at a fixed rate, so with finite precision only the last so many bits count, and parity needs all. A GRU can follow it: its gates see the
# state. And the sign does not bring everything back. Which of five cups hides the ball while the cups are swapped, no diagonal recurrence can follow, whatever its sign,
# unless a long-held conjecture on parallel computation is wrong (Merrill et al. 2024).

# %%
bits = rng.integers(0, 2, size=(50, 1000, 1))
odd = np.cumsum(bits, axis=1) % 2                                  # (50, 1000, 1)
answers = np.array(signed_parity()(bits.astype("float32"))) > 0.5
claim("One signed unit, set by hand, follows parity over 1,000 bits", (answers == odd).all(), f"{answers.size:,} answers, all right")

# %% [markdown]
# Can it be learned? Bits as one-hot vectors, a label at every step, sequences of 20. Then the nets go on to 100 steps, five times what they were trained on.

# %%
def bits_and_parity(sequences, length):
    bits = rng.integers(0, 2, size=(sequences, length))
    return np.eye(2, dtype="float32")[bits], (np.cumsum(bits, axis=1) % 2).astype("float32")[..., None]


def right_by_step(net, x, y):
    return ((np.array(net(x)) > 0) == (y > 0.5)).mean(axis=(0, 2))                  # (T,)


x_bits, y_bits = bits_and_parity(8000, 20)                         # (8000, 20, 2), (8000, 20, 1)
x_longer, y_longer = bits_and_parity(500, 100)
right = {}
for name, signed in {"minimal GRU": False, "signed minimal GRU": True}.items():
    three = [keras.Sequential([keras.Input((None, 2)), models.MinGRU(16, signed=signed, return_sequences=True),
                               keras.layers.Dense(1)]) for _ in range(3)]
    _ = measure.train_replicas(three, x_bits, y_bits, seeds=range(3), updates=1500, batch_size=64, label=name,
                               loss=keras.losses.BinaryCrossentropy(from_logits=True),
                               optimizer=keras.optimizers.Adam(0.03, global_clipnorm=1.0))
    right[name] = np.array([right_by_step(net, x_longer, y_longer) for net in three])           # (3, 100)

# %%
ax = plots.lines(np.arange(1, 101), {name: values.mean(axis=0) for name, values in right.items()}, models=["dense", "lstm"],
                 xlabel="step", ylabel="share of right answers", title="Parity of the bits so far, three nets each")
ax.axvline(20.5, color=plots.PALETTE["truth"], linestyle="--", linewidth=1)
ax.annotate("trained up to here", (21, 0.62), xytext=(4, 0), textcoords="offset points")
ax.set_ylim(0.45, 1.05)
plt.show()
claim("Signed minimal GRUs learn parity over 20 bits", right["signed minimal GRU"][:, :20].min() > 0.97,
      f"the worst step {right['signed minimal GRU'][:, :20].min():.3f}")
claim("Minimal GRUs do not: from the eleventh step on they guess", right["minimal GRU"][:, 10:20].mean() < 0.6,
      f"{right['minimal GRU'][:, 10:20].mean():.3f}")

# %%
one, zero = np.float32([[[0, 1]]]), np.float32([[[1, 0]]])         # (1, 1, 2): one step each
decays = np.array([[np.array(net.layers[0].cell.terms(bit)[0])[0, 0] for bit in (one, zero)] for net in three])     # (3, 2, 16)
flips = [unit_decays[:, unit_decays[0].argmin()] for unit_decays in decays]         # at a one, at a zero; of the boldest unit
claim("Each signed net has a unit that changes its sign at a one and keeps it at a zero",
      all(at_one < -0.5 and at_zero > 0.5 for at_one, at_zero in flips),
      "; ".join(f"{at_one:.3f} and {at_zero:.3f}" for at_one, at_zero in flips))

# %% [markdown]
# Nobody told them. But look at the numbers, which are near 1 and not 1. What is multiplied by 0.96 at every step, say, has $0.96^{20} = 0.44$ left after 20 bits, which a
# read-out can still tell from 0, and $0.96^{100} = 0.02$ after 100. No loss asked for more. A hand-set unit has 1; a trained one comes near it, and over 100 bits it
# shows how near. (A GRU can pull its state back to one of two places at each step. A linear recurrence can only multiply and add.)
#
# The same with more nets: two learning rates, five nets of each kind, 2,000 updates, measured by `make experiments`. *LRU* has fixed complex decays, which may
# come near −1, and GELU on its output again.
#
# **Before you look:** which of the seven know parity at steps 81 to 100?

# %%
parity = measure.results("parity_by_net")                          # net, learning_rate, seed, accuracy, beyond
names = list(dict.fromkeys(parity["net"]))
columns = {f"{label}, {rate}": (rate, column) for column, label in (("accuracy", "1–20"), ("beyond", "81–100"))
           for rate in (0.01, 0.03)}
by_net = parity.set_index(["net", "learning_rate"]).sort_index()
cells = np.array([[by_net.loc[(name, rate), column] for rate, column in columns.values()] for name in names])       # (7, 4, 5)
plots.solved(np.moveaxis(cells, -1, 0), rows=names, columns=list(columns), threshold=0.95, above=True, form="{:.2f}",
             xlabel="steps and learning rate; median accuracy of 5 nets (a guess: 0.5)",
             title="Parity: trained on 20 steps, tried on 100")
plt.show()

# %%
signed = np.array(["signed" in name for name in names])
rest = np.array([name != "GRU" for name in names]) & ~signed       # decays from 0 to 1, and fixed ones
claim("Every GRU follows parity five times as far as it was trained", cells[names.index("GRU")].min() > 0.99, "20 runs of 20")
claim("No net with decays from 0 to 1, or with fixed ones, does better than a guess there", cells[rest, 2:].max() < 0.55,
      f"at most {cells[rest, 2:].max():.2f}, {cells[rest, 2:].size} runs")
claim("Every signed net is right over the length it was trained on", cells[signed, :2].min() > 0.99,
      f"{cells[signed, :2].min():.3f} or more")
claim("Every signed minimal LSTM trained at 0.03 is right beyond as well; not every signed minimal GRU is",
      cells[-1, 3].min() > 0.99 and cells[-2, 3].min() < 0.97, f"{cells[-1, 3].min():.3f} and {cells[-2, 3].min():.3f} or more")
one_layer, two_layers = cells[names.index("minGRU"), :2], cells[names.index("minGRU, 2 layers"), :2]
claim("Over 20 steps two layers get more right than one, and not all", one_layer.max() < two_layers.min() < two_layers.max() < 0.9,
      f"{one_layer.max():.2f} at most; {two_layers.min():.2f} to {two_layers.max():.2f}")

# %% [markdown]
# So the sign is what was missing. How far it carries beyond the training length depends on how near the learned decays come to ±1. LRU could have gone near −1, and that
# would not have helped: a fixed decay cannot flip at ones *only*. Be careful with short tests: two layers look as if they had learned something, and a longer test shows
# that it was not parity.
#
# ## Try it
# Change the line, run the cell and those below it that use it. A claim that you change may fail. Then that is your answer, not a fault.
#
# 1. More steps: write `2048` for both `1024` in the cell of the two ways. Does the tree catch up with the loop?
# 2. A stream without end: `step` the LRU 10,000 times from `layer.get_initial_state(batch_size=1)` with inputs of 0. What is left of a state that began with 1?
# 3. `models.MinLSTM(16, signed=signed, …)` in the live training. What are its boldest decays?
# 4. Train on 40 bits instead of 20. Do the signed nets go further?
# 5. Three states instead of two: the number of ones so far **modulo 3**. Change `% 2` to `% 3` in `bits_and_parity`, give the net three outputs and a
#    `SparseCategoricalCrossentropy`. A sign has two values. What could help? (Think of `LRU`'s numbers, with decays that see the input.)

# %% [markdown]
# ## Check yourself
#
# **1. Which of these can be computed by a scan as it stands?**
# <details><summary>$h_t = \tanh(x_t W_x + h_{t-1} W_h)$</summary>
#
# The tanh stands between the steps: two of them together are no step of the same kind.
# </details>
# <details><summary>$h_t = \sigma(x_t W) \odot h_{t-1} + x_t V$</summary>
#
# Yes. What is kept and what is added come from the input alone.
# </details>
# <details><summary>$h_t = \sigma(h_{t-1} U) \odot h_{t-1} + x_t V$</summary>
#
# It looks linear in $h_{t-1}$, but the gate reads it: $a_t$ is not known before $h_{t-1}$ is.
# </details>
#
# **2. Two steps (a, b), first (2, 1), then (3, 5). Together?**
# <details><summary>(6, 8)</summary>
#
# Yes: $3 (2h + 1) + 5 = 6h + 8$.
# </details>
# <details><summary>(6, 11)</summary>
#
# That is the other order: $2 (3h + 5) + 1$.
# </details>
# <details><summary>(5, 6)</summary>
#
# Both were added. Decays multiply.
# </details>
#
# **3. On a laptop you replace the loop over 4,096 steps by a tree. What do you gain?**
# <details><summary>A factor of about 340, 4,096 steps by 12 rounds.</summary>
#
# With a unit of arithmetic for every step, yes. You have a few cores, and they do all the work one after another.
# </details>
# <details><summary>Nothing, or less.</summary>
#
# Yes. The tree has twice the work and reads its memory over and over. What helps here is one product for all inputs and nothing but two operations in the loop.
# </details>
# <details><summary>A factor of 2 on two cores.</summary>
#
# The tree also does twice the work.
# </details>
#
# **4. In `models.MinGRU` a unit has $z_t = 0.01$ for 100 steps. What is left of its state?**
# <details><summary>Almost nothing: $0.01^{100}$.</summary>
#
# That is Keras' z, which keeps. The paper's z takes the new.
# </details>
# <details><summary>About a third: $0.99^{100} = 0.37$.</summary>
#
# Yes. What is kept is $1 - z$.
# </details>
# <details><summary>All: the cell is linear.</summary>
#
# Linear does not mean lossless. It is multiplied by 0.99 a hundred times.
# </details>
#
# **5. Why does a deeper minimal GRU not follow parity either?**
# <details><summary>It was trained for too short a time.</summary>
#
# On ones alone its states creep from one side, trained or not. Then so do those of the layer above.
# </details>
# <details><summary>Its gates cannot be negative.</summary>
#
# Yes. With decays in (−1, 1) one unit is enough.
# </details>
# <details><summary>It has no tanh.</summary>
#
# The signed one has none either, and it learns it.
# </details>

# %% [markdown]
# ## Take-aways
# - Two steps of a linear recurrence are one step of the same kind, and any grouping gives the same states. *(claims: "Three steps combined …", "Eight states in three …")*
# - A scan needs $\log T$ rounds and more work. That pays where thousands of arithmetic units wait, not on two cores. *(claims: "The tree takes fewer …", "On a CPU the
#   tree …")*
# - On a CPU the gain is less work a step: one product for all inputs, no recurrent kernel. *(claims: "On this machine a training step …", "A minimal GRU multiplies …",
#   "Step by step the same …")*
# - A minimal GRU is a GRU without recurrent weights and without tanh, with z the other way. *(claims: "Keras' GRU without …", "Our recurrence is …")*
# - A layer with fixed decays is a convolution; its eigenvalues say how long and how it remembers. *(claims: "A layer with fixed decays …", "All eigenvalues …", "However
#   far ν …")*
# - Trained by scan, used step by step, with a state that does not grow. *(claims: "300 single steps …", "What is carried are …")*
# - Recalling a symbol needs no state in the gates, but gates that begin by keeping. *(claims: "With gates that begin by keeping …", "With gates that begin half open …")*
# - Gates from 0 to 1 that do not see the state cannot follow parity, nor can fixed decays; a sign brings it back. *(claims: "On ones alone …", "One signed unit …", "No
#   net with decays …", "Every signed net …")*
#
# **Exercises.** [Exercises 19](exercises/19_the_new_recurrences.ipynb): the associative operator, parity by hand-set weights, a scan in blocks, the minimal GRU. The
# notebook says how many minutes each takes.
#
# ## Read on
# - L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, *Were RNNs all we needed?*, 2024: minGRU and minLSTM, and where they keep up with Mamba.
# - A. Orvieto, S. L. Smith, A. Gu, A. Fernando, C. Gulcehre, R. Pascanu and S. De, *Resurrecting recurrent neural networks for long sequences*, ICML 2023: the LRU, one
#   change of a plain RNN after another.
# - A. Gu and T. Dao, *Mamba: linear-time sequence modeling with selective state spaces*, 2023: decays that see the input, fast on a GPU.
# - R. Grazzi, J. Siems, J. K. H. Franke, A. Zela, F. Hutter and M. Pontil, *Unlocking state-tracking in linear RNNs through negative eigenvalues*, 2024: the change of one
#   line.
# - W. Merrill, J. Petty and A. Sabharwal, *The illusion of state in state-space models*, ICML 2024, and Y. Sarrof, Y. Veitsman and M. Hahn, *The expressive capacity of
#   state space models*, NeurIPS 2024: what these models can follow, proved.
