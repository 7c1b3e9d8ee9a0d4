# rnncourse: serial
# %% [markdown]
# # 13 · GRU, and which to choose
#
# **An LSTM has three gates and two states. Are two gates and one state enough, and how do you find out for your task?**
#
# **You will be able to**
# - say what the update gate and the reset gate of a GRU do, and set weights by hand so that they do it;
# - read the GRU of any paper or library: whether its z keeps or writes, and where its reset gate stands;
# - write the cell and its backward step yourself, equal to Keras';
# - compare cells fairly: at equal units and at equal parameters, over seeds, with intervals;
# - choose between a plain RNN, a GRU and an LSTM, and say what the choice rests on.
#
# **You need** [lesson 12](12_lstm.ipynb). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, measure, plots, scratch
from rnncourse.measure import claim
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 13])

# %% [markdown]
# ## One gate for two
# An LSTM's memory is $c_t = f_t\, c_{t-1} + i_t\, \tilde c_t$: one gate says what is kept, another what is written. Suppose that what is written takes the place of what is
# forgotten. Then one gate is enough. And let everybody see the memory: no output gate, no second state. What is left is
#
# $$h_t = z_t\, h_{t-1} + (1 - z_t)\, \tilde h_t .$$
#
# The **update gate** $z_t$ is a sigmoid of the input (and, later, of $h_{t-1}$). At 1 it keeps the old state, at 0 it puts the **candidate** $\tilde h_t$ in its place. This is half of
# the **gated recurrent unit**, GRU (Cho and others 2014).
#
# A task for it: of numbers, some of them *marked*, hold the last marked one. **Before you run it:** the gate reads the mark, 0 or 1. Which weight and which bias does it need?

# %%
numbers = rng.random((200, 30))                                    # (B, T)
marks = np.where(np.arange(30) == 0, 1.0, rng.random((200, 30)) < 0.2)             # the first is always marked
last_mark = np.maximum.accumulate(np.where(marks == 1, np.arange(30), 0), axis=1)
wanted = np.take_along_axis(numbers, last_mark, axis=1)            # (B, T): the last marked number
small = 0.02                                                       # numbers × 0.02: there tanh is a straight line

holder = scratch.GRU(input_dim=2, units=1)                         # it reads a number and its mark; columns z, r, h̃
kernel, bias = np.zeros((2, 3)), np.zeros((2, 3))
kernel[1, 0], bias[0, 0] = -20, 10                                 # z: keeps at σ(10), a mark makes it σ(−10): writes
kernel[0, 2] = small                                               # h̃ = tanh(0.02 · number)
holder.set_weights([kernel, np.zeros((1, 3)), bias])               # no gate reads h
held = scratch.forward(holder, np.stack([numbers, marks], axis=-1)).outputs[..., 0] / small         # (B, T)

# %%
step = np.arange(1, 31)
figure, ax = plt.subplots(figsize=(7.2, 2.6))
ax.step(step, held[0], where="mid", color=plots.PALETTE["gru"], label="GRU, one unit")
ax.plot(step, numbers[0], ".", color=plots.PALETTE["baseline"], label="number")
ax.plot(step[marks[0] == 1], numbers[0][marks[0] == 1], "s", color=plots.PALETTE["truth"], label="marked number")
ax.set(title="The update gate holds the last marked number", xlabel="step", ylabel="number")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
claim("One hand-set update gate holds the last marked number", np.mean((held - wanted) ** 2) < 1e-6,
      f"MSE {np.mean((held - wanted) ** 2):.0e}, the mean of all numbers scores {wanted.var():.2f}")
wild = scratch.GRU(input_dim=2, units=20, seed=seed)
wild.set_weights([100 * rng.normal(size=array.shape) for array in wild.weights])
furthest = np.abs(scratch.forward(wild, 100 * rng.normal(size=(20, 300, 2))).outputs).max()
claim("With weights and inputs in the hundreds the state stays between −1 and 1", furthest <= 1,
      f"at most {furthest:.3f}")

# %% [markdown]
# The weight is −20, the bias 10: without a mark the score is 10, and $z$ keeps; with one it is −10, and the number is written.
#
# The second claim is worth a thought. $h_t$ is a weighted mean of the old state and of a tanh, and a mean lies between what it is taken of. So the state of a GRU that begins
# at 0 can *never* leave the range between −1 and 1. The $c$ of an LSTM can: it is added to. The section *Counting* comes back to this.
#
# ## Leave out the past
# The state is also an input: the candidate reads it, as in a plain RNN. Sometimes it should not. Take readings of several days, one after the other, and ask at every step for the
# *difference to the reading before*. Where a day begins there is none before; the reading itself is wanted.
#
# Two units do it, and neither keeps anything ($z = 0$). The first holds the present reading. The second reads that one step later, and subtracts it from the new number. The
# **reset gate** $r_t$ decides how much of the past the candidate sees:
#
# $$\tilde h_t = \tanh\big(x_t W_h + b_h + r_t \odot (h_{t-1} U_h + b'_h)\big).$$
#
# ($W_h$ and $U_h$ are the blocks of kernel and recurrent kernel that belong to $\tilde h$. Up to lesson 12 $W_h$ was the whole recurrent kernel; here that is $U$. There are
# two biases; the reason comes below.)
#
# **Before you run it:** there is a gate for each unit. Which of the two has to close where a day begins?

# %%
begins = np.where(np.arange(30) == 0, 1.0, rng.random((200, 30)) < 0.15)           # (B, T): 1 where a day begins
before = np.pad(numbers, ((0, 0), (1, 0)))[:, :-1]                 # the reading before
difference = numbers - (1 - begins) * before                       # wanted
readings = np.stack([numbers, begins], axis=-1)                    # (B, T, 2)


def two_units(closes=None, reset_after=True):
    """Unit 0 holds the reading, unit 1 its difference to the one before; at a beginning the gate of one unit closes."""
    kernel, recurrent, bias = np.zeros((2, 6)), np.zeros((2, 6)), np.zeros((2, 6))
    z, r, candidate = (array[0] for array in np.split(np.arange(6)[np.newaxis], 3, axis=1))         # columns, 2 each
    bias[0, z], bias[0, r] = -10, 10                               # keep nothing, see all of the past
    kernel[0, candidate] = small
    recurrent[0, candidate[1]] = -1                                # unit 1 reads unit 0, and subtracts it
    if closes is not None:
        kernel[1, r[closes]] = -20
    cell = scratch.GRU(input_dim=2, units=2, reset_after=reset_after)
    cell.set_weights([kernel, recurrent, bias if reset_after else bias[0]])
    return scratch.forward(cell, readings).outputs[..., 1] / small # (B, T)

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.2, 4.2), sharex=True)
titles = {None: "No reset: a difference across the days", 1: "Unit 1 resets where a day begins"}
for ax, (closes, title) in zip(panel, titles.items(), strict=True):
    ax.step(step, two_units(closes)[0], where="mid", color=plots.PALETTE["gru"])
    ax.plot(step, difference[0], ".", color=plots.PALETTE["truth"])
    ax.plot(step[begins[0] == 1], difference[0][begins[0] == 1], "s", color=plots.PALETTE["truth"])
    ax.set(title=title, ylabel="difference")
panel[1].set_xlabel("step; dots: wanted, squares: a day begins")
without, with_reset = (np.mean((two_units(closes) - difference) ** 2) for closes in (None, 1))
claim("A reset gate, set by hand, ends the past where a day begins", with_reset < 1e-6 and without > 0.01,
      f"MSE {with_reset:.0e}, without it {without:.2f}")
plt.show()

# %% [markdown]
# The gate of the second unit: it *reads*. The first unit's state is needed as ever, by whoever else may read it. So a reset is not a forgetting. $z$ decides what stays in
# the state, $r$ what the candidate sees of it.
#
# ### Before or after the product
# This is where Keras' argument `reset_after` comes in, and why two libraries can give two answers for one set of weights. Above, the gate stands *after* the product
# $h_{t-1} U_h$. That is Keras' default (`reset_after=True`), what NVIDIA's cuDNN and PyTorch compute, and the first version of the paper by Cho and others. Its last version,
# and most papers since, put it *before*:
#
# $$\tilde h_t = \tanh\big(x_t W_h + b_h + (r_t \odot h_{t-1})\, U_h\big).$$
#
# **Before you run it:** the same two units, with the gate before the product. Which of the two has to close now?

# %%
closing = {"none": None, "unit 0, which is read": 0, "unit 1, which reads": 1}
mse = np.array([[np.mean((two_units(closes, after) - difference) ** 2) for after in (True, False)]
                for closes in closing.values()])                   # (3, 2)
plots.solved(mse, rows=list(closing), columns=["reset after the product", "reset before it"], threshold=1e-6,
             form="{:.0e}", xlabel="mean squared error", ylabel="which gate closes",
             title="After: the reader's gate. Before: that of what is read")
plt.show()
claim("After the product the gate belongs to the unit that reads", mse[2, 0] < 1e-6 and mse[1, 0] > 0.01,
      f"MSE {mse[2, 0]:.0e}, with the other unit's gate {mse[1, 0]:.2f}")
claim("Before the product it belongs to the unit that is read", mse[1, 1] < 1e-6 and mse[2, 1] > 0.01,
      f"MSE {mse[1, 1]:.0e}, with the other unit's gate {mse[2, 1]:.2f}")

# %% [markdown]
# After: every unit decides for itself whether it looks back, at all units at once. Before: every unit decides whether it is seen, by all others at once. The reason for
# *after* is speed: $h_{t-1} U$ of all three blocks is then one product, and need not wait for $r_t$. It also explains the two biases: $b'_h$ stands inside the gate, $b_h$
# outside. (For $z$ and $r$ they only add up.)
#
# ## The cell
# With $H$ units and $D$ features, in Keras' order z, r, h̃:
#
# $$\begin{aligned}
# z_t &= \sigma(x_t W_z + b_z + h_{t-1} U_z + b'_z) && \text{what to keep} \\
# r_t &= \sigma(x_t W_r + b_r + h_{t-1} U_r + b'_r) && \text{what to see} \\
# \tilde h_t &= \tanh\big(x_t W_h + b_h + r_t \odot (h_{t-1} U_h + b'_h)\big) && \text{the candidate} \\
# h_t &= z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t && \text{state and output}
# \end{aligned}$$
#
# **What z means.** Here $z$ keeps: as in Keras, in PyTorch, and in Cho and others (2014). Chung and others (2014), half a year later and with Cho among them, write
# $h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde h_t$: there $z$ *writes*. It is the same cell, since $\sigma(-a) = 1 - \sigma(a)$: weights move from one to the other when
# all of $W_z, U_z, b_z, b'_z$ change their sign. Only, you have to know which one you read.
#
# Backward, last equation first, as in lesson 12. Look for the ways from $h_t$ to $h_{t-1}$: there are four.

# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gru_step(x_t, h, W, U, b):
    x_z, x_r, x_h = np.split(x_t @ W + b[0], 3, axis=-1)           # (B, H) each
    h_z, h_r, h_h = np.split(h @ U + b[1], 3, axis=-1)
    z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
    h_tilde = np.tanh(x_h + r * h_h)
    return z * h + (1 - z) * h_tilde, (x_t, h, z, r, h_tilde, h_h)


def gru_step_back(d_h, kept, U):
    """dL/dh_t → what this step sends back to h_{t−1}, and to the weights."""
    x_t, h, z, r, h_tilde, h_h = kept
    d_a_z = d_h * (h - h_tilde) * z * (1 - z)
    d_a_h = d_h * (1 - z) * (1 - h_tilde**2)                       # of the sum inside tanh
    d_a_r = d_a_h * h_h * r * (1 - r)
    d_x, d_hU = np.hstack([d_a_z, d_a_r, d_a_h]), np.hstack([d_a_z, d_a_r, d_a_h * r])              # (B, 3H) each
    return d_h * z + d_hU @ U.T, [x_t.T @ d_x, h.T @ d_hU, np.stack([d_x.sum(axis=0), d_hU.sum(axis=0)])]

# %%
x_small = rng.normal(size=(6, 15, 3))                              # (B, T, D)
weigh = rng.normal(size=(6, 15, 5))                                # L = Σ weigh · h: every output counts
layer = keras.layers.GRU(5, return_sequences=True, bias_initializer="random_normal", dtype="float64")
with tf.GradientTape() as tape:
    by_keras = layer(x_small)                                      # (6, 15, 5)
    loss = tf.reduce_sum(weigh * by_keras)
keras_gradients = tape.gradient(loss, layer.trainable_variables)   # of W (3, 15), U (5, 15), b (2, 15)

h, history = np.zeros((6, 5)), []
for t in range(15):
    h, kept = gru_step(x_small[:, t], h, *layer.get_weights())
    history.append((h, kept))
d_h, gradients = np.zeros((6, 5)), [0, 0, 0]
for t in reversed(range(15)):
    d_h, parts = gru_step_back(d_h + weigh[:, t], history[t][1], layer.get_weights()[1])
    gradients = [whole + part for whole, part in zip(gradients, parts, strict=True)]

# %%
by_hand = np.stack([h_t for h_t, _ in history], axis=1)            # (6, 15, 5)
apart = np.abs(by_hand - by_keras).max()
claim("Our cell gives Keras' outputs", apart < 1e-12, f"largest difference {apart:.0e} of {by_hand.size} numbers")
apart = max(np.abs(ours - np.array(its)).max() for ours, its in zip(gradients, keras_gradients, strict=True))
claim("Our backward gives Keras' gradients, both biases included", apart < 1e-10, f"largest difference {apart:.0e}")
for after in (True, False):
    ours = scratch.GRU(input_dim=3, units=5, reset_after=after)
    where = "after" if after else "before"
    wrong = scratch.gradient_check(ours, x_small[:2, :8])
    claim(f"scratch.GRU with the reset {where} the product agrees with central differences", wrong < 1e-6,
          f"relative error {wrong:.0e}")

# %%
W, U, b = layer.get_weights()
other = scratch.GRU(input_dim=3, units=5, reset_after=False)
other.set_weights([W, U, b.sum(axis=0)])                           # the same weights, one bias
apart = np.abs(scratch.forward(other, x_small).outputs - by_keras).max()
claim("With the same weights the two forms of the reset give different states", apart > 1e-3,
      f"largest difference {apart:.2f}")


def z_writes(x_t, h, W, U, b):
    z, _, h_tilde = gru_step(x_t, h, W, U, b)[1][2:5]
    return (1 - z) * h + z * h_tilde                               # Chung and others (2014)


sign = np.repeat([-1, 1, 1], 5)                                    # (15,): the block of z changes its sign
h = np.zeros((6, 5))
for t in range(15):
    h = z_writes(x_small[:, t], h, W * sign, U * sign, b * sign)
apart = np.abs(h - by_keras[:, -1]).max()
claim("With the signs of z's weights changed, the cell whose z writes is the same cell", apart < 1e-12,
      f"largest difference {apart:.0e}")

# %% [markdown]
# ## The way back
# Four ways lead from $h_t$ to $h_{t-1}$: straight through $z_t$, and through the sums inside $z_t$, $r_t$ and $\tilde h_t$. The first is the GRU's road for the gradient,
#
# $$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(z_t) + \text{what comes through the three blocks},$$
#
# as $f_t$ is the LSTM's. Keras starts $f$ near $\sigma(1) = 0.73$. All biases of its GRU start at 0, so $z$ starts near one half.
#
# Lesson 12's picture: 61 steps of noise, the loss at the end, no training. **Before you run it:** will the GRU that Keras gives you lie above the LSTM, between LSTM and plain RNN, or below both?

# %%
units, features, lag = 32, 8, 60
x_noise = rng.normal(size=(16, lag + 1, features))                 # (B, T, D)
direction = rng.normal(size=units) / units**0.5                    # the loss is h_T · direction


def lengths_back(cell):
    """‖dL/dh_{T−k}‖ for k = 0, 1, 2 …, for an LSTM ‖dL/dc_{T−k}‖; mean over the batch, k = 0: 1."""
    run = scratch.forward(cell, x_noise)
    d_outputs = np.zeros_like(run.outputs)                         # (B, T, H): no loss before the end
    d_outputs[:, -1] = direction
    back = scratch.backward(cell, run, d_outputs)
    d_states = back.states if back.cells is None else back.cells   # (B, T, H)
    lengths = np.linalg.norm(d_states, axis=-1).mean(axis=0)[::-1] # (T,), last step first
    return lengths / lengths[0]


def first_bias(kind, block, bias, number):
    cell = kind(features, units, seed=10 * seed + number)
    cell.split(cell.input_bias)[block][...] = bias
    return cell

# %%
untrained = {"plain RNN": [lengths_back(scratch.SimpleRNN(features, units, seed=10 * seed + n)) for n in range(5)],
             "LSTM, as Keras starts it": [lengths_back(first_bias(scratch.LSTM, 1, 1.0, n)) for n in range(5)]}
for bias, name in ((0, "GRU, as Keras starts it"), (3, "GRU, first bias of z: 3")):
    untrained[name] = [lengths_back(first_bias(scratch.GRU, 0, bias, n)) for n in range(5)]
plots.gradient_norms({name: np.array(curves) for name, curves in untrained.items()},
                     models=["simple", "lstm", "gru", "conv"], ylabel="length of the gradient, k = 0: 1",
                     title="Before training Keras' GRU vanishes fastest (5 nets each)")
plt.show()
plain, lstm, gru, three = (np.array(curves)[:, 60] for curves in untrained.values())                # (5,) each
others = min(plain.min(), lstm.min())
claim("As Keras starts them, less is left of the GRU's gradient than of any plain RNN's or LSTM's",
      gru.max() < 0.1 * others, f"{gru.max():.0e} at most, others {others:.0e} at least")
claim("With a first bias of 3 for z it does not vanish: more than nine orders of magnitude more are left",
      three.min() > 0.01 and three.min() > 1e9 * gru.max(), f"{three.min():.2f} to {three.max():.2f} after 60 steps")

# %% [markdown]
# Keras has no argument for that bias alone: take `W, U, b = layer.get_weights()`, add 3 to `b[0, :units]`, set the weights again. Lesson 12 has shown on recall what the
# LSTM's $b_f$ can decide. But remember lesson 05: a gradient that is small before training is a warning, no verdict. Learning is measured below.
#
# ## What they cost
# A block has $DH$ weights in the kernel and $H^2$ in the recurrent kernel; the plain RNN has one block, the GRU three, the LSTM four. Biases: $H$ a block, in the GRU $2H$.
#
# **Before you run it:** the GRU has three quarters of the LSTM's blocks. Does a step take three quarters of the time?

# %%
import time

H, D = 128, 32
kinds = {"plain RNN": keras.layers.SimpleRNN, "LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}
counted = {"plain RNN": H * (D + H + 1), "LSTM": 4 * H * (D + H + 1), "GRU": 3 * H * (D + H + 2)}
x_timed = tf.random.normal((64, 50, D))                            # (B, T, D)


def there_and_back(layer):
    @tf.function
    def run(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x) ** 2)
        return tape.gradient(loss, layer.trainable_variables)
    return run

# %%
layers = {name: kind(H, return_sequences=True) for name, kind in kinds.items()}
passes = {name: there_and_back(layer) for name, layer in layers.items()}
visits = {name: [] for name in kinds}
for _ in range(12):                                                # in turn, so that all meet the same disturbances
    for name, run in passes.items():
        begin = time.perf_counter()
        run(x_timed)[0].numpy()                                    # wait for the result
        visits[name].append(1e6 * (time.perf_counter() - begin) / 50)
spent = {name: float(np.median(taken[2:])) for name, taken in visits.items()}   # µs a step; the first visits compile

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.2, 4.0))
colours = {"models": ["simple", "lstm", "gru"]}
plots.bars(counted, **colours, form="{:,.0f}", title="The GRU has three quarters of the LSTM's parameters …",
           xlabel=f"parameters, {H} units, {D} features", ax=panel[0])
plots.bars(spent, **colours, form="{:.0f}", title="… and a step takes more than half as long",
           xlabel="µs a step, forward and back, batch of 64", ax=panel[1])
plt.show()
claim("The formulas count what Keras counts", counted == {name: layer.count_params() for name, layer in layers.items()},
      ", ".join(f"{name} {count:,}" for name, count in counted.items()))
if tf.config.list_physical_devices("GPU"):
    print("a GPU is in use: the claims about time are made for CPUs")
else:
    for_plain, for_gru = spent["LSTM"] / spent["plain RNN"], spent["GRU"] / spent["LSTM"]
    claim("A step of the LSTM takes more than 1.5 times as long as one of the plain RNN", for_plain > 1.5,
          f"{for_plain:.1f} times")
    claim("A step of the GRU takes between half and twice as long as one of the LSTM", 0.5 < for_gru < 2,
          f"{for_gru:.2f} times")

# %% [markdown]
# Three quarters of the parameters are not three quarters of the time. The count is the same everywhere; the time depends on the machine, on the width, and on how a library
# computes each cell. Measure it where you train (*Try it* 4).
#
# ## Four tasks
# Now the question of the title, on four tasks of the course:
#
# | task | what it takes | score |
# | --- | --- | --- |
# | **adding**, $T = 40$ (lesson 05) | two numbers, over a long way | MSE; always 1: 0.167 |
# | **running totals** with resets (lesson 12) | add, keep, forget, answer when asked | MSE; the mean where asked: 0.26 |
# | **El Niño**, three months ahead (lesson 01) | a short, noisy record: 486 windows of 24 months | RMSE in °C; a linear regression |
# | **Python**, the next character (lesson 09) | much text, many small regularities | nats; a trigram |
#
# *Plain* is Keras' SimpleRNN, with tanh. A fair comparison has to decide two things. *Equal what?* With equal units the LSTM has four times the parameters of a plain RNN. So
# each rival also comes **wide**: with as many units as the LSTM's parameters pay for. *Which learning rate?* One that suits one cell may ruin another. So every kind of net
# is trained with 0.003 and with 0.01, and what counts is the *test* error at the rate that did better on *validation* data. (Python takes long: there it is 0.01 for all, as
# in lesson 09's table.) Updates are the same for all, and few: 300 on El Niño, 1,000 elsewhere. Five seeds each, measured by `make experiments`.
#
# **Before you look:** on which of the four tasks will nets without gates be furthest behind, and on which least? On which will the GRU be behind the LSTM?

# %%
import pandas as pd

table = pd.concat([measure.results("cells_compared"), measure.results("cells_on_python")])          # a row a net
rated = table.groupby(["task", "net", "learning_rate"], as_index=False)["validation"].mean()
better_rate = rated.loc[rated.groupby(["task", "net"])["validation"].idxmin(), ["task", "net", "learning_rate"]]   # a row a kind
chosen = table.merge(better_rate)                                  # the runs at that rate: 4 tasks × 5 nets × 5 seeds
nets = {"LSTM": "lstm", "GRU": "gru", "wide GRU": "gru", "plain": "simple", "wide plain": "simple"}
error = {task: {net: runs["test"].to_numpy() for net, runs in part.groupby("net")}
         for task, part in chosen.groupby("task")}                 # (5,) each


def draw(task, ax, title, score):
    for place, (net, model) in enumerate(nets.items()):
        ax.plot(error[task][net], np.full(5, place), "o", color=plots.PALETTE[model], alpha=0.6)
    units = chosen[chosen["task"] == task].groupby("net")["units"].first()
    ax.set_yticks(range(5), [f"{net}, {units[net]} units" for net in nets])
    ax.set(title=title, ylim=(4.5, -0.5), xlabel=f"test {score}, a point a seed")

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.6))
draw("adding", panel[0], "Adding: no plain tanh net comes near", "MSE (log)")
draw("running total", panel[1], "Running totals: the same picture", "MSE (log)")
for ax, ticks in zip(panel, ([0.0001, 0.001, 0.01, 0.1], [0.002, 0.005, 0.01, 0.02, 0.05]), strict=True):
    ax.set_xscale("log")
    ax.set_xticks(ticks, ticks)
    ax.minorticks_off()
plt.show()
gated, ungated = ("LSTM", "GRU", "wide GRU"), ("plain", "wide plain")
for task, name in (("adding", "adding"), ("running total", "running totals")):
    worst, least = max(error[task][net].max() for net in gated), min(error[task][net].min() for net in ungated)
    claim(f"On {name} every net with gates makes less error than every plain tanh net, wide or not", worst < least,
          f"at most {worst:.4f}, plain at least {least:.4f}")

# %% [markdown]
# On both tasks gates help, and more tanh units are no substitute. (Gates are not the only help: in lesson 12's table plain nets with ReLU and the identity add as well as
# LSTMs do, or nearly. And it was the GRU whose gradient had vanished fastest, before training. That was the warning; this is the verdict.)
#
# The other two tasks have rivals without any net: on El Niño a linear regression, a weighted sum of the 24 months of the window; on Python a trigram, which counts what
# followed the last two characters.
#
# **Before you look:** will all five nets beat them?

# %%
x, y = (part[..., 0] for part in datasets.el_nino(steps=24, horizon=3).train)      # (486, 24), (486,)
x_later, y_later = (part[..., 0] for part in datasets.el_nino(steps=24, horizon=3).test)
weights, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)
line = float(np.sqrt(np.mean((x_later @ weights[:-1] + weights[-1] - y_later) ** 2)))               # °C
code = datasets.python_source(characters=1_000_000)
trigram = measure.baselines.ngram(code.train[0], code.test[0][:51_200], vocab_size=98, order=3)     # nats a character

figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.6))
draw("El Niño", panel[0], "El Niño: nobody stands out", "RMSE in °C (dashed: linear regression)")
draw("Python", panel[1], "Python, all at 0.01: the GRU learns soonest", "loss in nats (dashed: trigram)")
for ax, rival in zip(panel, (line, trigram), strict=True):
    ax.axvline(rival, color=plots.PALETTE["truth"], linestyle="--", linewidth=1.5)
plt.show()

# %%
nino = {net: error["El Niño"][net].mean() / line for net in nets}
no_gru = ("LSTM", "plain", "wide plain")
claim("On El Niño no kind of net is on average 10 % better or worse than the linear regression",
      all(0.9 < share < 1.1 for share in nino.values()),
      f"error {min(nino.values()):.2f} to {max(nino.values()):.2f} of the regression's")
nats = error["Python"]
of_gru, of_others = np.concatenate([nats["GRU"], nats["wide GRU"]]), np.concatenate([nats[net] for net in no_gru])
claim("On Python, all at 0.01, every GRU, wide or not, has less loss than the trigram and than every other net",
      of_gru.max() < 0.99 * min(trigram, of_others.min()),
      f"at most {of_gru.max():.2f}, the trigram {trigram:.2f}, others at least {of_others.min():.2f}")
claim("On Python, all at 0.01, every wide plain net has less loss than every LSTM", nats["wide plain"].max() < nats["LSTM"].min(),
      f"at most {nats['wide plain'].max():.2f}, LSTM at least {nats['LSTM'].min():.2f}")

# %% [markdown]
# Points that overlap do not say "no difference", nor that there is one. The question is about the *ratio*: for each seed the error divided by the LSTM's, and a 95 % interval
# for its mean (of its logarithm, since some errors spread over powers of ten). And "no difference" can never be shown. What can be shown is that a cell is *not worse by more
# than* what you would mind; we take 10 %. So there are four verdicts: **better** if the whole interval lies below 1, else **no worse** if below 1.1, **worse** if above 1,
# and **open** if the five seeds do not say.

# %%
def compared(errors, rival, margin=1.1):
    """What five seeds say, and the error as a multiple of the rival's: mean, and the ends of its 95 % interval."""
    ratio = pd.DataFrame({"log": np.log(errors / rival)})          # seed by seed
    mean, low, high = np.exp(measure.summarise(ratio)[["log", "log_low", "log_high"]].iloc[0])
    return "better" if high < 1 else "no worse" if high < margin else "worse" if low > 1 else "open", mean, low, high


tasks = ["adding", "running total", "El Niño", "Python"]
found = {net: {task: compared(error[task][net], error[task]["LSTM"]) for task in tasks} for net in list(nets)[1:]}

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 6.4))
for ax, shown in zip(panel, (tasks[:2], tasks[2:]), strict=True):
    rows = [(net, task, *found[net][task]) for task in shown for net in found]
    for place, (net, _, word, mean, low, high) in enumerate(rows):
        ax.plot([low, high], [place, place], color=plots.PALETTE[nets[net]])
        ax.plot(mean, place, "o", color=plots.PALETTE[nets[net]])
        ax.text(1.02, place, word, transform=ax.get_yaxis_transform(), va="center")
    ax.axvline(1, color=plots.PALETTE["truth"], linestyle="--", linewidth=1.5)
    ax.set_yticks(range(8), [f"{task}: {net}" for net, task, *_ in rows])
    ax.set(ylim=(7.5, -0.5), xlabel="error ÷ the LSTM's, mean of 5 seeds and 95 % interval")
panel[0].set(xscale="log", title="Adding, running totals: plain nets are worse")
panel[1].set(title="El Niño: the GRU is no worse. Python: it is better")
plt.show()

# %%
claim("On Python, all at 0.01, the GRU is better than the LSTM, with as many units and with as many parameters",
      found["GRU"]["Python"][0] == found["wide GRU"]["Python"][0] == "better",
      f"loss × {found['GRU']['Python'][1]:.3f} and × {found['wide GRU']['Python'][1]:.3f}")
claim("On adding and running totals plain nets are worse than the LSTM, with as many units and with as many parameters",
      all(found[net][task][0] == "worse" for net in ("plain", "wide plain") for task in tasks[:2]),
      f"error × {min(found[net][task][1] for net in ('plain', 'wide plain') for task in tasks[:2]):.0f} or more")
claim("On El Niño the GRU is no worse, with as many units and with as many parameters",
      found["GRU"]["El Niño"][0] == found["wide GRU"]["El Niño"][0] == "no worse",
      f"error × {found['GRU']['El Niño'][3]:.2f} and × {found['wide GRU']['El Niño'][3]:.2f} at most")
_, mean, low, high = found["GRU"]["adding"]
claim("Whether GRU or LSTM adds better, five seeds leave open", low < 1 / 1.5 and high > 1.5,
      f"× {mean:.2f}, {low:.2f} to {high:.1f}")

# %% [markdown]
# *Open* is an honest answer: twenty seeds would say more. And mind the number of questions. At 95 % an interval misses one time in twenty, and the figure asks sixteen
# questions: a verdict that is decided by a hair, as that of the wide GRU on running totals, may well be that one.
#
# ### At one learning rate
# On adding and running totals all nets with gates did better at 0.01 on validation data. Lesson 12 trained at 0.003. **Before you look:** what would the comparison have said
# at 0.003 alone?

# %%
at = table.set_index(["task", "learning_rate", "net"])["test"].sort_index()
figure, panel = plt.subplots(2, 1, figsize=(7.0, 4.6))
for ax, (task, title) in zip(panel, {"adding": "adding", "running total": "running totals"}.items(), strict=True):
    means = {f"{net}, rate {rate:g}": at[task, rate, net].mean() for rate in (0.003, 0.01) for net in ("LSTM", "GRU")}
    plots.bars(means, models=["lstm", "gru"] * 2, form="{:.4f}", xlabel="test MSE, mean of 5 seeds", ax=ax,
               title=f"{title.capitalize()}: what a rate does to a cell")
    share = at[task, 0.01, "LSTM"].mean() / at[task, 0.003, "LSTM"].mean()
    claim(f"On {title} the LSTM's error at 0.01 is less than half of that at 0.003", share < 0.5, f"{share:.2f} of it")
plt.show()
rates = better_rate[better_rate["task"].isin(tasks[:2]) & better_rate["net"].isin(gated)]["learning_rate"]
claim("On adding and running totals every kind of net with gates did better at 0.01 on validation data", (rates == 0.01).all(),
      f"{(rates == 0.01).sum()} of {len(rates)}")
word, mean, low, high = compared(at["adding", 0.003, "GRU"].to_numpy(), at["adding", 0.003, "LSTM"].to_numpy())
claim("At 0.003 alone the GRU would have been called better on adding", word == "better",
      f"× {mean:.2f}, {low:.2f} to {high:.2f}")

# %% [markdown]
# Right, and misleading: that rate is too small for this LSTM and 1,000 updates. Greff and others (2017) trained thousands of LSTMs and found that of all settings the
# learning rate mattered most. Who compares cells at one rate compares how well the rate suits them.
#
# And Python? There every net was trained at 0.01 and at nothing else: our own table breaks the rule. So we train one more LSTM of 48 units, all as before, at 0.04. **Before
# you run it:** of the claims about Python above, which will stand?

# %%
python_again = measure.EXPERIMENTS["cells_on_python"].run([seed], task="Python", net="LSTM", learning_rate=0.04)
at_its_rate, wide_plain = float(python_again["test"][0]), nats["wide plain"]
claim("At 0.04 an LSTM has less loss on Python than every LSTM at 0.01", at_its_rate < nats["LSTM"].min() - 0.02,
      f"{at_its_rate:.2f}, those at least {nats['LSTM'].min():.2f}")
claim("At 0.04 the LSTM is level with the wide plain nets on Python, within 0.05 nats of their mean", abs(at_its_rate - wide_plain.mean()) < 0.05,
      f"theirs {wide_plain.min():.2f} to {wide_plain.max():.2f}")
claim("At 0.04 the LSTM still has more loss on Python than every GRU at 0.01", at_its_rate > of_gru.max(), f"theirs at most {of_gru.max():.2f}")

# %% [markdown]
# So the lead of the wide plain nets over the LSTM was the rate's. The GRU stays ahead, by less than before. (We looked for another rate for the LSTM alone. That favours it,
# and is still not enough to pass the GRU; a fair table has several rates for all.)
#
# All of this is after *few* updates: it says what is learned soon, by small nets. With 2,000 updates lesson 12's LSTMs solved adding over twice the way. On Python every net
# of the table is still at the start: lesson 09's table has a larger GRU, trained on, at 1.5 nats.
#
# One cell of the table is measured again now, on El Niño or on running totals: this run's seed chooses which, and starts a fresh net for it.

# %%
spot = measure.spot_check("cells_compared", "test", where={"task": ("running total", "El Niño")}, log=True)
claim("A cell of the table, measured again now, falls where the kept runs say", spot.agrees, str(spot))

# %% [markdown]
# ## Counting
# Is there something that the one can do and the other cannot? An LSTM adds to $c$; a GRU can only take means. So let them count. Take the strings ab, aabb, aaabbb, …: some
# a, then as many b. A cell reads a letter at a step, a as 1 and b as −1, and shall say, at every step, whether there have been *as many b as a*. One number is enough: up by
# a small step for each a, down for each b. It is near 0 when they are as many.
#
# We set one unit of each kind by hand. The LSTM adds to $c$. A plain unit and a GRU have only a state between −1 and 1, $h_t = \tanh(h_{t-1} \pm \text{step})$ for the plain one; the
# GRU's candidate steps $1/(1-z)$ times as far, and its state goes the part $1 - z$ of the way there. It may choose the best of six $z$.
#
# **Before you run it:** with steps of 0.01, up to how many a will each of the three be right?

# %%
most = 300                                                         # up to 300 a and 300 b
pairs = np.arange(1, most + 1)[:, np.newaxis]                      # (300, 1): n of each string
at_step = np.arange(1, 2 * most + 1)                               # (600,)
letters = np.where(at_step <= pairs, 1.0, np.where(at_step <= 2 * pairs, -1.0, 0.0))[..., np.newaxis]


def lstm_counter(size):
    cell = scratch.LSTM(1, 1)                                      # i, f and o are open, c̃ = tanh(size · x)
    cell.set_weights([np.array([[0, 0, size, 0]]), np.zeros((1, 4)), np.array([20.0, 20, 0, 20])])
    return cell


def gru_counter(size, z):
    cell, bias = scratch.GRU(1, 1), np.zeros((2, 3))               # h̃ = tanh(h + size · x / (1 − z))
    bias[0, :2] = np.log(z / (1 - z)), 20
    cell.set_weights([np.array([[0, 0, size / (1 - z)]]), np.array([[0.0, 0, 1]]), bias])
    return cell


def plain_counter(size):
    cell = scratch.SimpleRNN(1, 1)                                 # h = tanh(h + size · x)
    cell.set_weights([np.array([[size]]), np.ones((1, 1)), np.zeros(1)])
    return cell

# %%
def counts_to(cell, size):
    """The largest n up to which every string is judged rightly at every step."""
    says = np.abs(scratch.forward(cell, letters).outputs[..., 0]) < size / 2       # (300, 600): "as many"
    right = ((says == (at_step == 2 * pairs)) | (at_step > 2 * pairs)).all(axis=1)  # (300,)
    return most if right.all() else int(right.argmin())


sizes, all_z = (0.1, 0.01, 0.001, 0.0001), (0.3, 0.5, 0.7, 0.9, 0.95, 0.99)
reach = {"LSTM": [counts_to(lstm_counter(size), size) for size in sizes],
         "GRU, the best z of six": [max(counts_to(gru_counter(size, z), size) for z in all_z) for size in sizes],
         "plain": [counts_to(plain_counter(size), size) for size in sizes]}
plots.lines(sizes, reach, models=["lstm", "gru", "simple"], log="xy", marker="o", xlabel="size of a step",
            ylabel=f"right up to n = … (tried: {most})",
            title="The LSTM counts with coarse steps, the others need fine ones")
plt.show()

# %%
by_lstm, by_gru, by_plain = reach.values()
claim("The LSTM counts to 300 with every size of step", min(by_lstm) == most, f"{by_lstm}")
claim("With steps of 0.01 neither the GRU nor the plain unit counts to 30", max(by_gru[1], by_plain[1]) < 30,
      f"{by_gru[1]} and {by_plain[1]}")
claim("With finer steps they count further, the GRU further than the plain unit",
      (np.diff([by_gru, by_plain]) > 0).all() and by_gru[3] > 1.5 * by_plain[3], f"{by_gru} and {by_plain}")

# %% [markdown]
# Where tanh bends, a step up and a step down are not the same size, and the count is lost. Finer steps stay longer where it is straight. So a GRU *can* count, up to a number
# that depends on how fine its steps are, and fine steps take large weights in the read-out. An LSTM's $c$ has no such end. Weiss, Goldberg & Yahav (2018) argue this for
# cells of finite precision, and trained such nets on aⁿbⁿ: their LSTMs went on counting beyond the lengths that they were trained on, and used single units of $c$ to do so,
# their GRUs did not.
#
# That is what an LSTM *can* do, set by hand. Whether yours has learned it is another question: test it on sequences longer than those in training.

# %% [markdown]
# ## Which to choose
# What the measurements support, in the order in which you would ask:
#
# | ask | take | because here |
# | --- | --- | --- |
# | Does a net beat a linear regression, a count, the naive answer? | if not, those | on El Niño no kind of net was on average 10 % better than the regression |
# | Is the way short, and are data few? | a plain RNN is worth a try | on El Niño it was on average within 10 % of the regression, as all nets were |
# | Is something to be kept over a long way, or only on demand? | a cell with gates, either | on adding and running totals plain tanh nets were far behind, wide ones too |
# | Is there much text, and little time? | a GRU first | on Python it was better than the LSTM, even than one at a rate of its own, with three quarters of the parameters |
# | Is something to be counted, or added up without an end? | an LSTM, *tested beyond the lengths in training* | its counter needs no fine steps |
# | Are two cells hard to tell apart? | the better learning rate, first | on adding it decided the verdict |
# | Does a long lag fail to train? | another first bias, of $z$ or of $f$ | it moved the GRU's gradient by more than nine orders of magnitude; in lesson 12 it decided what LSTMs recall |
#
# Then let *your* validation data decide: both cells, two learning rates at least, several seeds. What others found on larger tasks: Chung and others (2014) found both cells ahead of tanh
# and no winner between them. Jozefowicz, Zaremba & Sutskever (2015) found the GRU ahead on all but language modelling, and the gap closed by a forget bias of 1. Britz and others
# (2017) found LSTMs ahead in translation. It depends on the task; nobody can tell you without your data.

# %% [markdown]
# ## Try it
# 1, 2 and 4 change a cell above: run it and the next one or two again. 3 is a line for a new cell. A claim that you change may fail. Then that is your answer, not a fault.
#
# 1. A leaky hold: in *One gate for two* write `-20, 1` for `-20, 10`. The gate is then at 0.73 where nothing is marked. What is held?
# 2. Both gates at once: in *Leave out the past* write `r` for `r[closes]`, so that both units reset. Is anything lost, in either form?
# 3. How wide may a GRU be for the price of the LSTM of *What they cost*? `max(n for n in range(1, 500) if 3 * n * (D + n + 2) <= counted["LSTM"])`
# 4. Another size: `H, D = 16, 8` in *What they cost*. What is left of the ratios where there is little to multiply?
# 5. Move the slider: what does the first bias of $z$ do to the gradient?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def redraw(bias):
    curves = {"total": lengths_back(first_bias(scratch.GRU, 0, bias, 0)), "$z^k$": sigmoid(bias) ** np.arange(lag + 1)}
    plots.gradient_norms(curves, models=["gru", "baseline"], ylabel="length of dL/dh, k = 0: 1",
                         title=f"First bias {bias:.1f}: z starts near {sigmoid(bias):.2f}").set_ylim(1e-20, 1e3)
    plt.show()


slider = ipywidgets.FloatSlider(0.0, min=-1.0, max=6.0, step=0.5, continuous_update=False)
_ = ipywidgets.interact(redraw, bias=slider)

# %%
biases = np.arange(-1, 6.5, 0.5)
survives = np.array([lengths_back(first_bias(scratch.GRU, 0, bias, 0))[60] for bias in biases])
z_alone = sigmoid(biases) ** 60
plots.lines(biases, {"GRU, total": survives, "z alone": z_alone}, models=["gru", "baseline"], log="y",
            marker="o", xlabel="first bias of z", ylabel="gradient left after 60 steps",
            title="The bias of z sets how far back the gradient reaches")
plt.show()
claim("From bias −1 to 3 each half more lets more of the gradient through", (np.diff(np.log(survives[:9])) > 0).all(),
      f"{survives[0]:.0e} at −1, {survives[2]:.0e} at 0, {survives[8]:.2f} at 3")
claim("With a first bias from −1 to 0.5 more is left than z alone would let through",
      (survives[:4] > 10 * z_alone[:4]).all(), f"at 0 {survives[2]:.0e} and {z_alone[2]:.0e}")

# %% [markdown]
# With $z$ alone the gradient would be $\sigma(b)^{60}$. Where $z$ keeps little, the three blocks add to it, as the detour did in lesson 12.

# %% [markdown]
# ## Check yourself
#
# **1. A paper writes $h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde h_t$, and its z is 0.95 at all times. How much of the state of ten steps ago is still in $h_t$, by this road?**
# <details><summary>0.95¹⁰ = 0.6 of it.</summary>
#
# That would be Keras' z, which keeps. This one writes.
# </details>
# <details><summary>0.05¹⁰: next to nothing.</summary>
#
# Yes. Here 1 − z keeps, and it is 0.05.
# </details>
# <details><summary>That depends on the reset gate.</summary>
#
# r decides what the *candidate* sees of the past. What stays in the state is decided by z alone.
# </details>
#
# **2. The weights of a GRU come from a library whose reset gate stands before the product. With them Keras' GRU gives other outputs. What do you do?**
# <details><summary>Set reset_after=False.</summary>
#
# Yes: then Keras computes the same form. (Check the order of the blocks and what z means as well.)
# </details>
# <details><summary>Swap the signs of z's weights.</summary>
#
# That repairs a z that writes instead of keeps. The place of r stays wrong.
# </details>
# <details><summary>Put the one bias into both rows and halve it.</summary>
#
# The shapes then fit. For z and r it is even right. But the product with $U_h$ is still taken on the wrong side of the gate.
# </details>
#
# **3. Your GRU of 64 units beats a plain RNN of 64 units, five seeds of five. What have you shown?**
# <details><summary>Gates help on this task.</summary>
#
# Perhaps. The GRU also had three times the parameters, and perhaps a learning rate that suited it better.
# </details>
# <details><summary>This GRU beats this plain RNN at this learning rate.</summary>
#
# Yes. Give the plain RNN the GRU's parameters and a learning rate of its own choice. If it still loses, it is the gates.
# </details>
# <details><summary>Nothing: five seeds are too few.</summary>
#
# Five of five by a wide margin is something. What is missing is a fair rival.
# </details>
#
# **4. The interval of the ratio GRU ÷ LSTM runs from 0.82 to 1.16. You would mind 10 % more error. What may you say?**
# <details><summary>They are equally good: the interval contains 1.</summary>
#
# It also contains 1.15. That an interval contains 1 says that you do not know.
# </details>
# <details><summary>The GRU is no worse.</summary>
#
# Only if the whole interval lay below 1.10.
# </details>
# <details><summary>It is open; more seeds may tell.</summary>
#
# Yes. And if it stays open with twenty, the difference is too small for you to bother.
# </details>
#
# **5. A cell shall watch a stream for months and know at any time how many doors have been opened and not closed, and there may be hundreds. Which one?**
# <details><summary>A GRU: it has fewer parameters.</summary>
#
# Its state lies between −1 and 1. Ours needed steps finer than 0.001 to get to a hundred, and a read-out that tells them apart.
# </details>
# <details><summary>An LSTM, tested with more doors than in training.</summary>
#
# Yes. c is added to and has no end. Whether it has *learned* to count, only such a test can say.
# </details>
# <details><summary>Either, if it is wide enough.</summary>
#
# More units can share the range out between them, and each is still bounded. What was learned for few doors says little about many.
# </details>

# %% [markdown]
# ## Take-aways
# - One gate that keeps and writes, and one that hides the past from the candidate: that is a GRU. *(claims: "One hand-set update gate …", "A reset gate, set by hand …")*
# - The reset gate belongs to the unit that reads (`reset_after=True`) or to the one that is read (`False`). With the same weights these are two functions. *(claims: "After
#   the product …", "Before the product …", "With the same weights …")*
# - z keeps in one paper and writes in another: change the signs of its weights. *(claim: "With the signs of z's weights changed …")*
# - Keras' GRU starts with a gradient that vanishes faster than a plain RNN's; a first bias of 3 for z repairs it; learning is another matter. *(claims: "As Keras starts them …", "With a first
#   bias of 3 …", "On adding every net …")*
# - Three quarters of the LSTM's parameters, and a step that takes about as long. *(claims: "The formulas count …", "A step of the GRU …")*
# - Where gates help, more tanh units do not replace them; where they do not, a linear regression may do. *(claims: "On adding every net …", "On running totals every net …",
#   "On El Niño no kind …")*
# - On Python the GRU was ahead, at equal units and at equal parameters; on El Niño it was no worse; on adding five seeds leave it open. *(claims: "On Python, all at 0.01,
#   the GRU is better …", "At 0.04 the LSTM still …", "On El Niño the GRU …", "Whether GRU or LSTM adds better …")*
# - One learning rate for all can decide the verdict: on Python the wide plain nets' lead over the LSTM was the rate's. *(claims: "On adding the LSTM's error …", "On running
#   totals the LSTM's error …", "At 0.003 alone …", "At 0.04 an LSTM …", "At 0.04 the LSTM is level …")*
# - The LSTM counts without an end, other cells as far as their steps are fine. *(claims: "The LSTM counts …", "With steps of 0.01 …", "With finer steps …")*
#
# **Exercises.** [Exercises 13](exercises/13_gru_and_which_to_choose.ipynb): one step of the GRU, three cells at the same price, a GRU from elsewhere, which is better. The
# notebook says how many minutes each takes.
#
# ## Read on
# - K. Cho, B. van Merriënboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk and Y. Bengio, *Learning phrase representations using RNN encoder–decoder for statistical
#   machine translation*, EMNLP 2014: the GRU's first appearance; compare the first and the last version of the preprint for the place of r.
# - J. Chung, C. Gulcehre, K. Cho and Y. Bengio, *Empirical evaluation of gated recurrent neural networks on sequence modeling* (2014): tanh, LSTM and GRU at equal parameters; here z writes.
# - R. Jozefowicz, W. Zaremba and I. Sutskever, *An empirical exploration of recurrent network architectures*, ICML 2015: thousands of cells tried, none better than both everywhere.
# - G. Weiss, Y. Goldberg and E. Yahav, *On the practical computational power of finite precision RNNs for language recognition*, ACL 2018: which cells count, in theory and after training.
# - D. Britz, A. Goldie, M.-T. Luong and Q. Le, *Massive exploration of neural machine translation architectures*, EMNLP 2017: LSTM against GRU on a task that takes weeks.
