# %% [markdown]
# # 04 · Backpropagation through time
#
# **An error is seen at the last step. How does it reach weights that acted at the first?**
#
# **You will be able to**
# - derive the gradient of a recurrent network in four lines, and write it in a dozen;
# - prove that a gradient is right, in three independent ways;
# - say which part of a gradient comes from which step, and what truncation throws away;
# - train a model of characters and one of words with nothing but your own gradients.
#
# **You need** [lesson 03](03_unrolling_through_time.ipynb), and the chain rule. *{{minutes}} minutes to read, about {{seconds}}
# seconds to run.*

# %%
from rnncourse import datasets, plots, scratch
from rnncourse.measure import baselines, claim
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## The way back
# In lesson 03 you unrolled a network: one copy of the cell for each step, all with the same weights. It is a deep feedforward network
# now, and its error can go back through it as through any other. That is all that **backpropagation through time** (BPTT, Werbos
# 1990) is.
#
# **Before you look:** the loss $L_4$ is seen at step 4. Through how many copies of $W_h$ can it go back? And $L_2$?

# %%
plots.unrolled(4, losses=True, gradient_from=[2, 4], title="Each loss goes back through every state before it")
plt.show()

# %% [markdown]
# $L_4$ passes three of the blue arrows between states and the one from $h_0$; $L_2$ passes one and that from $h_0$. What arrives at a state from
# several losses adds up.

# %% [markdown]
# ### Two kinds of derivative
# Ask "how does the loss change with $h_2$?" and there are two answers:
#
# - $\partial L / \partial h_2$, **one step, everything else held**: what the loss reads of $h_2$ itself. If only $L_2$ reads $h_2$, this is
#   all of $L_2$ and nothing of $L_4$;
# - $dL / dh_2$, **the total through time**: what really happens to $L$ when $h_2$ moves and all later states move with it.
#
# This course never mixes the two signs. BPTT computes the totals from the one-step pieces.

# %% [markdown]
# ## Four lines
# The network is $a_t = x_t W_x + h_{t-1} W_h + b$, $h_t = \tanh(a_t)$, and $L$ is the sum of the losses $L_t$, each a function of its $h_t$.
# Start at the last step, where nothing comes after, and go back:
#
# $$\begin{aligned}
# \frac{dL}{dh_t} &= \frac{\partial L}{\partial h_t} + \frac{dL}{da_{t+1}}\, W_h^\top
#   && \text{what the loss reads here, and what comes back from step } t+1 \\
# \frac{dL}{da_t} &= \frac{dL}{dh_t} \odot (1 - h_t^2) && \text{through tanh, whose slope is } 1-\tanh^2 \\
# \frac{dL}{dW_h} &= \sum_t h_{t-1}^\top\, \frac{dL}{da_t}, \qquad
# \frac{dL}{dW_x} = \sum_t x_t^\top\, \frac{dL}{da_t}, \qquad
# \frac{dL}{db} = \sum_t \frac{dL}{da_t} && \text{one weight, used at every step} \\
# \frac{dL}{dx_t} &= \frac{dL}{da_t}\, W_x^\top && \text{if somebody below wants to know}
# \end{aligned}$$
#
# ($\odot$ multiplies entry by entry. At $t = T$ the second term of the first line is missing.) A state that is read in several ways,
# here by its own loss and by the next step, gets the sum of what comes back on each. Lines 1 and 2 together say what one step does
# to a gradient: it is multiplied by the one-step Jacobian
#
# $$\frac{\partial h_{t+1}}{\partial h_t} = \operatorname{diag}(1 - h_{t+1}^2)\, W_h^\top ,$$
#
# with a row for each unit *after* the step and a column for each unit before it; the gradient row stands to its left.
#
# Now read the four lines as a program. Two things are easy to get wrong, and shapes will not warn you: $W_h$ is square, so a missing
# transpose fits; and the states are one longer than the inputs, because of $h_0$.

# %%
def forward(x, W_x, W_h, b):
    h = np.zeros((x.shape[0], x.shape[1] + 1, len(b)))             # (B, T + 1, H): h_0, h_1 … h_T
    for t in range(x.shape[1]):
        h[:, t + 1] = np.tanh(x[:, t] @ W_x + h[:, t] @ W_h + b)
    return h


def bptt(x, h, d_own, W_h):
    """From the one-step ∂L/∂h_t (B, T, H) to the totals: dL/dW_x, dL/dW_h, dL/db, and dL/da_t (B, T, H)."""
    d_a = np.zeros_like(d_own)
    d_next = np.zeros_like(d_own[:, 0])                            # (B, H): nothing comes after step T
    for t in reversed(range(x.shape[1])):
        d_h = d_own[:, t] + d_next                                 # line 1: dL/dh_t; h[:, t + 1] holds this h_t
        d_a[:, t] = d_h * (1 - h[:, t + 1] ** 2)                   # line 2
        d_next = d_a[:, t] @ W_h.T                                 # for line 1 of the step before
    d_W_x = np.einsum("btd,bth->dh", x, d_a)                       # line 3: sums over the batch and over time
    d_W_h = np.einsum("btk,bth->kh", h[:, :-1], d_a)
    return d_W_x, d_W_h, d_a.sum((0, 1)), d_a

# %% [markdown]
# ## Right or wrong? Three ways
# A wrong gradient often still learns, only worse. So a gradient is never believed. We compare three:
#
# 1. **ours**, above;
# 2. **automatic differentiation**: TensorFlow records every operation of Keras' layer and applies the chain rule by itself;
# 3. **central differences**: nudge one weight by $\pm\varepsilon$, run forward twice, and divide: $(L_+ - L_-) / 2\varepsilon$.
#
# All in float64: in float32 rounding alone would hide a small mistake. The loss is $\tfrac12 \sum_t \lVert h_t - g_t \rVert^2$ with random goals
# $g_t$, so $\partial L / \partial h_t = h_t - g_t$.
#
# **Before you run it:** one of the three is not exact, even on paper. Which one, and how large will its error be?

# %%
x = rng.normal(size=(4, 12, 3))                                    # (B, T, D)
goals = rng.normal(size=(4, 12, 5))                                # (B, T, H)
W_x, W_h, b = rng.normal(0, 0.5, (3, 5)), rng.normal(0, 0.4, (5, 5)), rng.normal(0, 0.1, 5)


def loss(W_x, W_h, b):
    return 0.5 * np.sum((forward(x, W_x, W_h, b)[:, 1:] - goals) ** 2)


h = forward(x, W_x, W_h, b)                                        # (4, 13, 5)
ours = bptt(x, h, h[:, 1:] - goals, W_h)[:3]                       # dL/dW_x, dL/dW_h, dL/db

layer = keras.layers.SimpleRNN(5, return_sequences=True, dtype="float64")
layer.build(x.shape)
layer.set_weights([W_x, W_h, b])
with tf.GradientTape() as tape:
    keras_loss = 0.5 * tf.reduce_sum((layer(x) - goals) ** 2)
automatic = [gradient.numpy() for gradient in tape.gradient(keras_loss, layer.trainable_variables)]

# %%
def central_differences(weights, epsilon=1e-6):
    slopes = [np.zeros_like(w) for w in weights]
    for w, slope in zip(weights, slopes, strict=True):
        for place in np.ndindex(w.shape):
            kept = w[place]
            w[place] = kept + epsilon
            above = loss(*weights)
            w[place] = kept - epsilon
            slope[place] = (above - loss(*weights)) / (2 * epsilon)
            w[place] = kept
    return slopes

# %%
def apart(one, other):
    """The norm of the difference, relative to the norm of the gradient."""
    one, other = (np.concatenate([part.ravel() for part in parts]) for parts in (one, other))
    return np.linalg.norm(one - other) / np.linalg.norm(other)


numeric = central_differences([W_x.copy(), W_h.copy(), b.copy()])
claim("Ours is automatic differentiation", apart(ours, automatic) < 1e-10, f"relative difference {apart(ours, automatic):.0e}")
claim("Ours is the central difference, as far as that can tell", apart(ours, numeric) < 1e-6,
      f"relative difference {apart(ours, numeric):.0e}")

# %% [markdown]
# The first two agree to the last digits. The third is an approximation: its error has a part that grows with $\varepsilon^2$ (the
# difference is not the slope) and a part that grows with $1/\varepsilon$ (two nearly equal numbers are subtracted). It is slow, two
# forward runs for every weight, but it needs no calculus, so it catches mistakes in the calculus. Watch what three famous mistakes do to it.

# %%
def with_mistake(mistake):
    slope = 1 if mistake == "derivative of tanh forgotten" else 1 - h[:, 1:] ** 2
    kernel = W_h if mistake == "recurrent kernel not transposed" else W_h.T
    before = h[:, 1:] if mistake == "state of the wrong step" else h[:, :-1]
    d_a, d_next = np.zeros_like(goals), 0.0
    for t in reversed(range(12)):
        d_a[:, t] = ((h[:, t + 1] - goals[:, t]) + d_next) * (slope if np.isscalar(slope) else slope[:, t])
        d_next = d_a[:, t] @ kernel
    return [np.einsum("btd,bth->dh", x, d_a), np.einsum("btk,bth->kh", before, d_a), d_a.sum((0, 1))]


mistakes = ["derivative of tanh forgotten", "recurrent kernel not transposed", "state of the wrong step"]
errors = {name: apart(with_mistake(name), numeric) for name in ["none", *mistakes]}
ax = plots.bars(errors, models=["simple", "lstm", "lstm", "lstm"], form="{:.0e}", title="A mistake in calculus is no rounding error",
                xlabel="relative difference to central differences (log)")
ax.set(xscale="log", xlim=(1e-11, 1e3))
claim("Each mistake is more than 10,000 times what a right gradient shows", min(errors[name] for name in mistakes) > 1e4 * errors["none"],
      f"smallest {min(errors[name] for name in mistakes):.0e}, right {errors['none']:.0e}")

# %% [markdown]
# `scratch.gradient_check(cell, x)` does this for every cell of the course, with the LSTM's and the GRU's longer formulas, which lessons 12 and 13
# open. And `scratch.backward` does what `bptt` does:

# %%
cells = {
    "SimpleRNN": scratch.SimpleRNN(input_dim=3, units=5, seed=seed),
    "LSTM": scratch.LSTM(input_dim=3, units=5, seed=seed),
    "GRU": scratch.GRU(input_dim=3, units=5, seed=seed),
}
checks = {name: scratch.gradient_check(cell, x, seed=seed) for name, cell in cells.items()}
claim("The gradients of all three cells pass the check", max(checks.values()) < 1e-6,
      ", ".join(f"{name} {error:.0e}" for name, error in checks.items()))

cell = cells["SimpleRNN"]
cell.set_weights([W_x, W_h, b])
run = scratch.forward(cell, x)
by_scratch = scratch.backward(cell, run, run.outputs - goals).weights
claim("scratch.backward is our dozen lines", apart(ours, by_scratch) < 1e-12, f"relative difference {apart(ours, by_scratch):.0e}")

# %% [markdown]
# ## One gradient from twelve copies
# We claimed that BPTT *is* backpropagation on the unrolled network. Test it: build that network with **twelve separate copies** of
# $W_h$, one a step, all equal, and let TensorFlow differentiate each on its own. No copy knows that the others exist.
#
# **Before you run it:** how do the twelve gradients make up ours? And which steps will contribute most when the loss is seen at the last
# step only?

# %%
copies = [tf.Variable(W_h) for _ in range(12)]                     # twelve W_h that happen to be equal
with tf.GradientTape() as tape:
    state, unrolled_loss = tf.zeros((4, 5), tf.float64), 0.0
    for t, W_h_t in enumerate(copies):
        state = tf.tanh(x[:, t] @ W_x + state @ W_h_t + b)
        unrolled_loss += 0.5 * tf.reduce_sum((state - goals[:, t]) ** 2)
each = np.array(tape.gradient(unrolled_loss, copies))              # (12, 5, 5): one gradient for each copy
summed = each.sum(axis=0)                                          # (5, 5)
claim("The gradients of the copies add up to the gradient of the shared kernel", apart([ours[1]], [summed]) < 1e-10,
      f"relative difference {apart([ours[1]], [summed]):.0e}")

d_last = np.zeros_like(goals)
d_last[:, -1] = h[:, -1] - goals[:, -1]                            # now only step 12 has a loss
d_a = bptt(x, h, d_last, W_h)[3]                                   # (4, 12, 5)
by_step = np.einsum("btk,bth->tkh", h[:, :-1], d_a)                # (12, 5, 5): what step t adds to dL/dW_h
plots.stems(np.linalg.norm(by_step, axis=(1, 2)), xlabel="step t", ylabel=r"size of $h_{t-1}^\top\, dL/da_t$",
            title="A loss at step 12: what each step adds to $dL/dW_h$")
plt.show()

# %% [markdown]
# Weights are shared, so gradients add up: that is the sum over $t$ in line 3. Forget to accumulate, and only the last copy learns.
# (Step 1 adds nothing here: $h_0$ is zero, so $W_h$ has nothing to act on.) The stems also hint at trouble: with every step
# back the signal has been multiplied by $W_h^\top$ and by the slope of tanh once more. Lesson 05 measures what becomes of it.

# %% [markdown]
# ## Cutting it short
# BPTT keeps every state of the sequence, and goes all the way back before a single update. A sequence of a million steps does not fit. **Truncated**
# BPTT goes back a fixed number of steps and stops. Williams and Peng (1990) give it two numbers: after every $k_1$ steps forward,
# go $k_2$ steps back. With $k_1 = 1$ every loss gets its full $k_2$ steps (the first picture shows it for $L_6$), at $k_2$ times the work of
# BPTT. With $k_1 = k_2$ the sequence falls into chunks: cheap, and what nearly everybody does, but a loss just behind a cut reaches no
# further than the cut.

# %%
plots.unrolled(6, losses=True, gradient_from=[6], window=3, title="$k_1 = 1, k_2 = 3$: each loss goes back three steps")
plots.unrolled(6, losses=True, gradient_from=[1, 2, 3, 4, 5, 6], window=[1, 2, 3, 1, 2, 3],
               title="$k_1 = k_2 = 3$: in chunks, no gradient crosses a cut")
plt.show()

# %% [markdown]
# What does it throw away? We ask on the **adding problem** (Hochreiter & Schmidhuber 1997; in the form of Le et al. 2015): a sequence of random numbers,
# two of them marked, one in each half. The answer, asked at the end, is the sum of the two. Whoever always says 1 has a mean squared error of
# 1/6. We train with full BPTT, and stop now and then to compare the full gradient of $W_h$ with truncated ones, by direction (the
# cosine) and by length.
#
# **Before you run it:** one of the two marks always lies 10 steps or more before the end. With $k_2 = 5$, how much of the direction is lost?

# %%
units, batch_size = 32, 50
task = datasets.adding(steps=20, examples=60_000, seed=seed)       # x (n, 20, 2): numbers and marks; y (n, 1): the sum of two
x_add, y_add = task.train                                          # 42,000 examples


def draw(count):
    chosen = rng.integers(len(x_add), size=count)
    return x_add[chosen], y_add[chosen]

# %%
def network():
    cell = scratch.SimpleRNN(input_dim=2, units=units, seed=seed, dtype="float32")
    read_out = [rng.normal(0, units**-0.5, (units, 1)).astype("float32"), np.zeros(1, "float32")]
    return cell, read_out


def gradients(cell, read_out, x, y, window=None):
    """Mean squared error, and its gradients for cell and read-out; `window`: how many steps the error goes back."""
    run = scratch.forward(cell, x)
    error = run.outputs[:, -1] @ read_out[0] + read_out[1] - y     # (B, 1)
    d_outputs = np.zeros_like(run.outputs)                         # (B, 20, H): no loss before the end
    d_outputs[:, -1] = 2 * error @ read_out[0].T / len(x)
    d_cell = (scratch.backward(cell, run, d_outputs) if window is None
              else scratch.truncated_backward(cell, run, d_outputs, steps=window)).weights
    return np.mean(error**2), d_cell, [2 * run.outputs[:, -1].T @ error / len(x), 2 * error.mean(axis=0)]

# %%
windows = [1, 2, 5, 10, 15, 20]


def compare(cell, read_out):
    """Cosine and ratio of length of truncated to full dL/dW_h, for each window: (6, 2)."""
    x, y = draw(500)
    full = gradients(cell, read_out, x, y)[1][1]
    cut = [gradients(cell, read_out, x, y, window)[1][1] for window in windows]
    lengths = [np.linalg.norm(d) for d in cut]
    return np.array([(np.sum(d * full) / (size * np.linalg.norm(full)), size / np.linalg.norm(full))
                     for d, size in zip(cut, lengths, strict=True)])

# %%
def train(window=None, updates=4000, look_at=()):
    cell, read_out = network()
    optimizer = scratch.Adam(learning_rate=0.003)
    looks = {}
    for update in range(updates + 1):
        if update in look_at:
            looks[update] = compare(cell, read_out)
        _, d_cell, d_read_out = gradients(cell, read_out, *draw(batch_size), window)
        optimizer.update([*cell.weights, *read_out], [*d_cell, *d_read_out])
    error, _, _ = gradients(cell, read_out, *task.test)
    return error, looks


full_error, looks = train(look_at=(0, 100, 500, 1000, 2000, 4000))

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.6))
for column, (ax, name) in enumerate(zip(panel, ("cosine with the full gradient", "length, full = 1"), strict=True)):
    curves = {f"after {update} updates": looks[update][:, column] for update in (0, 100, 500, 4000)}
    plots.lines(windows, curves, marker="o", xlabel="$k_2$, steps back of 20", ylabel=name, ax=ax,
                title=("Direction: most of it is there at 5 steps", "Length: a trained network loses much of it")[column])
    ax.set_ylim(0, 1.15)
plt.show()
at_5 = {update: look[windows.index(5)] for update, look in looks.items()}
claim("At every look the truncated gradient points within 60° of the full one", min(cosine for cosine, _ in at_5.values()) > 0.5,
      "cosine " + ", ".join(f"{cosine:.2f}" for cosine, _ in at_5.values()))
later = np.mean([length for update, (_, length) in at_5.items() if update >= 500])
claim("From 500 updates on it has lost a quarter of its length or more, and more than at the start",
      later < 0.75 and later < at_5[0][1], f"mean {later:.2f} of the full length, at the start {at_5[0][1]:.2f}")

# %% [markdown]
# An untrained network has no long memory worth a gradient, so cutting costs it little. A trained one does carry early numbers to the end, and
# that is just the part that is cut. So a truncated gradient should never learn to remember over 20 steps, should it? The first
# number lies 11 to 20 steps before the end, beyond anything that $k_2 = 5$ can reach.
#
# **Before you run it:** full BPTT has reached the error shown below. What will $k_2 = 5$ reach? (Knowing only the second number would give 1/12 = 0.083,
# knowing nothing 0.167.)

# %%
def reservoir():
    """Nothing is trained but the read-out, and that by least squares: the best that a line can read from a random network."""
    cell, _ = network()
    states, later = (np.c_[scratch.forward(cell, x).outputs[:, -1], np.ones(len(x))] for x, _ in (task.train, task.test))
    best, *_ = np.linalg.lstsq(states, y_add, rcond=None)          # (33, 1), from states (42000, 33)
    return np.mean((later @ best - task.test[1]) ** 2)

# %%
def train_the_end_only(window=5, updates=4000):
    """The last steps have weights of their own, which are trained; the steps before keep the first weights."""
    (early, _), (late, read_out) = network(), network()            # the same cell twice
    optimizer = scratch.Adam(learning_rate=0.003)
    for update in range(updates + 1):
        x, y = task.test if update == updates else draw(batch_size)
        carried = scratch.forward(early, x[:, :-window]).final_state                # (B, H)
        run = scratch.forward(late, x[:, -window:], initial_state=carried)
        error = run.outputs[:, -1] @ read_out[0] + read_out[1] - y
        d_outputs = np.zeros_like(run.outputs)
        d_outputs[:, -1] = 2 * error @ read_out[0].T / len(x)
        d_read_out = [2 * run.outputs[:, -1].T @ error / len(x), 2 * error.mean(axis=0)]
        optimizer.update([*late.weights, *read_out], [*scratch.backward(late, run, d_outputs).weights, *d_read_out])
    return np.mean(error**2)

# %%
reached = {"always 1": 1 / 6, "nothing trained but the read-out": reservoir(), "last 5 steps trained": train_the_end_only(),
           "$k_2 = 5$, shared weights": train(window=5)[0], "full BPTT": full_error}

# %%
plots.bars(reached, models=["baseline", "baseline", "baseline", "simple", "simple"], form="{:.3f}", xlabel="mean squared error",
           title="Five steps back, and yet it remembers the first half")
claim("Truncated after 5 steps, it still learns to use numbers from 11 to 20 steps back",
      reached["$k_2 = 5$, shared weights"] < 0.8 / 12, f"MSE {reached['$k_2 = 5$, shared weights']:.3f}, second number alone 0.083")
claim("A random network with the best linear read-out does not", reached["nothing trained but the read-out"] > 1 / 12,
      f"MSE {reached['nothing trained but the read-out']:.3f}")
claim("Nor do weights trained in the last 5 steps alone, with the same gradient",
      reached["last 5 steps trained"] > 1.2 * reached["$k_2 = 5$, shared weights"], f"MSE {reached['last 5 steps trained']:.3f}")
claim("Full BPTT is better still", full_error < reached["$k_2 = 5$, shared weights"], f"MSE {full_error:.3f}")

# %% [markdown]
# The two controls tell us why. A random network already echoes its inputs for a while (the **reservoir**, Jaeger 2001): that is a
# start, but not enough. Training only the copies that the gradient reaches uses the very same truncated gradient, and stays far behind. The difference is **sharing**:
# what the last five steps learn about keeping a number, steps 1 to 15 do too, because they have the same weights. Truncation cuts the
# *gradient*, not the memory.
#
# It still costs: full BPTT gets further in as many updates. And no gradient has asked for a memory of 20 steps, so nothing
# promises one.

# %% [markdown]
# ## Train with it
# Enough checking. A network that learns to say one sentence, character after character, with nothing but our `forward` and `bptt`. It reads
# a character as a one-hot vector and gives scores $y_t = h_t W_y + b_y$ for the next. `softmax_cross_entropy` returns the loss of lesson
# 01 and its gradient for the scores, which is simply (probabilities − one-hot target) / 35. `Adam` takes the steps (Kingma & Ba 2015).
#
# A table that looks at the last character cannot say this sentence: after `e` comes `l`, `c`, `n`, `u` or `t`.
# **Before you run it:** how many updates will the network need, 10, 100 or 1000?

# %%
sentence = "hello from recurrent neural networks"                  # 36 characters
letters = sorted(set(sentence))
codes = np.array([letters.index(letter) for letter in sentence])
one_hot = np.eye(len(letters))[codes]                              # (36, V)
V, H = len(letters), 64
W_y, b_y = rng.normal(0, H**-0.5, (H, V)), np.zeros(V)
weights = [rng.normal(0, 0.3, (V, H)), np.linalg.qr(rng.normal(size=(H, H)))[0], np.zeros(H), W_y, b_y]


def say(length=35):
    """Greedy: the likeliest character is taken and read again."""
    said = [codes[0]]
    for _ in range(length):
        h = forward(np.eye(V)[said][np.newaxis], *weights[:3])     # (1, T + 1, H)
        said.append(int(np.argmax(h[0, -1] @ W_y + b_y)))
    return "".join(letters[code] for code in said)


# %%
optimizer = scratch.Adam(learning_rate=0.01)
losses, sayings = [], {}
for update in range(200):
    if update in (0, 2, 5, 10, 20, 50) or update == 199:
        sayings[update] = say()
    h = forward(one_hot[np.newaxis, :-1], *weights[:3])            # (1, 36, H): h_0 and 35 states
    nats, d_scores = scratch.softmax_cross_entropy(h[0, 1:] @ W_y + b_y, codes[1:])                 # d_scores (35, V)
    d_cell = bptt(one_hot[np.newaxis, :-1], h, (d_scores @ W_y.T)[np.newaxis], weights[1])[:3]
    d_all, _ = scratch.clip_by_global_norm([*d_cell, h[0, 1:].T @ d_scores, d_scores.sum(axis=0)], max_norm=5.0)
    optimizer.update(weights, d_all)
    losses.append(nats)

plots.table([[saying] for saying in sayings.values()], rows=[f"after {update}" for update in sayings], columns=["it says"],
            title="The sentence, update by update", corner="updates")
claim("Within 200 updates it says the sentence", sayings[199] == sentence, f"loss {losses[0]:.2f} → {losses[-1]:.3f} nats")
claim("At first it knew nothing", losses[0] > 0.8 * np.log(V), f"{losses[0]:.2f} nats, ln {V} = {np.log(V):.2f}")

# %% [markdown]
# Mind what this shows. The network has learned one sentence by heart; it has not learned English. But it had to remember: only
# the state tells the five `e`s apart. `clip_by_global_norm` shortens a gradient that is too long; lesson 06 shows why one
# wants that.
#
# ### The next word
# The same with words. A few sentences about people who love, or swim. After *deep* comes *learning* or *water*, and a bigram table, which
# knows only *deep*, must answer the same for both. We keep back two sentences that the network never reads.
#
# **Before you run it:** *we love deep …* and *you swim in deep …* are new to the network. How will it complete them?

# %%
endings = {"love deep": "learning", "study deep": "learning", "swim in deep": "water", "dive into deep": "water"}
sentences = [f"{who} {what} {ending}" for who in "I you we they".split() for what, ending in endings.items()]
sentences += ["good morning", "good morning", "good evening", "I ate a banana", "they ate a banana", "you ate a good banana"]
held_back = ["we love deep learning", "you swim in deep water"]
read = [words for words in sentences if words not in held_back]
words = sorted({word for line in read for word in line.split()})

model = scratch.LanguageModel(words, units=32, seed=seed)          # one-hot → SimpleRNN → read-out, as above
_ = scratch.train(model, read, steps=200, optimizer=scratch.Adagrad(learning_rate=0.1), clip=5.0)
after_deep = [line.split()[-1] for line in read if " deep " in line]
table = {word: after_deep.count(word) / len(after_deep) for word in ("learning", "water")}

# %%
starts = ["I love deep", "I swim in deep", *(line.rsplit(" ", 1)[0] for line in held_back)]
given = [[model.probabilities(start)[word] for word in ("learning", "water")] for start in starts]
plots.table([*given, [table["learning"], table["water"]]], columns=["learning", "water"], form="{:.3f}",
            rows=[*starts[:2], *(f"{start} (new)" for start in starts[2:]), "table after “deep”"],
            title="One word, two continuations: the state decides", corner="probability of")
right = [given[k][k % 2] for k in range(4)]
claim("It completes I love deep with learning, and I swim in deep with water", min(right[:2]) > 0.8,
      f"probabilities {right[0]:.3f} and {right[1]:.3f}")
claim("So it does with both sentences that it has never read", min(right[2:]) > 0.8, f"{right[2]:.3f} and {right[3]:.3f}")
claim("A bigram table gives each about a half", 0.4 < table["learning"] < 0.6, f"{table['learning']:.2f} and {table['water']:.2f}")
good = model.probabilities("good")
claim("After good it ranks morning over banana", good["morning"] > 2 * good["banana"],
      f"{good['morning']:.3f} and {good['banana']:.3f}; both have followed good in what it read")

# %% [markdown]
# The last claim has a twist: *good banana* does occur, in *you ate a good banana*. But a sentence that *begins* with good has never
# gone on so, and the network's state at the first word is not the state after *you ate a*.
#
# ### Does it scale?
# 35 characters are a toy. The same code, in whole batches, reads Python's standard library: 64 streams side by side, 50 characters at
# a time. The state is carried over from piece to piece, the gradient is not: truncated BPTT with $k_1 = k_2 = 50$.

# %%

text = datasets.python_source(characters=400_000)
train_ids, unseen_ids = text.train[0], text.validation[0]          # (320000,), (40000,)
reader = scratch.LanguageModel(text.vocabulary, units=128, seed=seed)
untrained, _, _ = reader.loss_and_gradients(unseen_ids[np.newaxis, :2000], unseen_ids[np.newaxis, 1:2001])
_ = scratch.train(reader, train_ids, steps=400, batch_size=64, chunk=50, optimizer=scratch.Adam(learning_rate=0.01))
streams = unseen_ids[: len(unseen_ids) // 20 * 20].reshape(20, -1)                  # (20, 2000)
nats, _, _ = reader.loss_and_gradients(streams[:, :-1], streams[:, 1:])
tables = {f"table, context of {n - 1}": baselines.ngram(train_ids, unseen_ids, vocab_size=len(text.vocabulary), order=n)
          for n in (1, 2, 3)}
plots.bars({**tables, "our RNN, 400 updates": nats}, models=["baseline"] * 3 + ["simple"], form="{:.2f}",
           title="A network in NumPy reads Python", xlabel="nats per character on unseen modules")
claim("Trained by our own gradients, it beats a table of the last character by 0.3 nats", nats < tables["table, context of 1"] - 0.3,
      f"{nats:.2f} against {tables['table, context of 1']:.2f} nats; untrained {untrained:.2f}")

# %% [markdown]
# That was a dozen lines of gradient, hoisted into whole arrays, and no framework. You now own the engine. The rest of the course drives.

# %% [markdown]
# ## Try it
# Each line stands on its own: copy it into a new cell below, change it, run it.
#
# 1. Find the right $\varepsilon$: `[apart(central_differences([W_x.copy(), W_h.copy(), b.copy()], 10.0**-k), ours) for k in range(1, 13)]`.
#    Why is the smallest not the best?
# 2. Does $k_2 = 1$ still learn? `train(window=1)[0]`. And what of `train_the_end_only(window=1)`?
# 3. A sentence of your own: change `sentence`, run its three cells again. How long may it be before 200 updates are too few?
# 4. Let the reader write: `print(reader.write("def ", 200, temperature=0.5))`.
# 5. Move the slider: how far back does a loss at step 12 reach, when $W_h$ is stretched?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def reach(gain):
    """What each of 12 steps adds to dL/dW_h, with W_h multiplied by `gain`; relative to step 12."""
    stretched = gain * W_h
    h = forward(x, W_x, stretched, b)
    own = np.zeros_like(goals)
    own[:, -1] = h[:, -1] - goals[:, -1]
    d_a = bptt(x, h, own, stretched)[3]                            # (4, 12, 5)
    sizes = np.linalg.norm(d_a, axis=(0, 2))                       # (12,)
    return sizes / sizes[-1]


def redraw(gain):
    plots.lines(np.arange(1, 13), {f"gain {gain:.1f}": reach(gain)}, models=["simple"], log="y", xlabel="step t",
                ylabel="size of $dL/da_t$", title="How far back the loss of step 12 reaches")
    plt.show()


slider = ipywidgets.FloatSlider(1.0, min=0.2, max=2.0, step=0.1, continuous_update=False)
_ = ipywidgets.interact(redraw, gain=slider)

# %%
curves = {f"gain {gain}": reach(gain) for gain in (0.3, 1.0)}
plots.lines(np.arange(1, 13), curves, models=["lstm", "simple"], log="y", marker="o", xlabel="step t",
            ylabel="size of $dL/da_t$, step 12 = 1", title="Shrink $W_h$, and the loss reaches less far back")
claim("With W_h × 0.3, less arrives at step 1 than with W_h itself", curves["gain 0.3"][0] < 0.5 * curves["gain 1.0"][0],
      f"{curves['gain 0.3'][0]:.0e} and {curves['gain 1.0'][0]:.0e}")

# %% [markdown]
# ## Check yourself
#
# **1. Only the last step has a loss. What is $\partial L/\partial h_3$, and what is $dL/dh_3$, at step 3 of 12?**
# <details><summary>Both are zero: the loss does not read h₃.</summary>
#
# That is true of ∂L/∂h₃. But h₃ moves h₄, which moves h₅ … up to h₁₂, which the loss does read: the total is not zero.
# </details>
# <details><summary>The first is zero, the second is not.</summary>
#
# Yes. ∂ holds everything else, d lets the later states move along.
# </details>
# <details><summary>They are the same thing in two notations.</summary>
#
# They agree only at the last step, where nothing comes after.
# </details>
#
# **2. Your gradient of the kernel is right in its last column of contributions, but eleven twelfths too small. What have you done?**
# <details><summary>Assigned in the loop where you should have added.</summary>
#
# Most likely: `d_W = …` keeps one step, `d_W += …` all of them. The weights are shared, so gradients add up.
# </details>
# <details><summary>Forgotten the derivative of tanh.</summary>
#
# That changes every step by another factor, and makes gradients larger, not smaller.
# </details>
# <details><summary>Forgotten to transpose the recurrent kernel.</summary>
#
# Then the size would be about right and the direction wrong.
# </details>
#
# **3. A gradient check in float32 shows a relative difference of 0.01. What now?**
# <details><summary>The gradient is wrong.</summary>
#
# Perhaps. In float32 the forward runs differ by rounding alone, and divided by 2ε that can be as large as 0.01. You cannot tell.
# </details>
# <details><summary>Repeat it in float64.</summary>
#
# Yes. There a right gradient shows 1e-6 or less, a wrong one stays where it is.
# </details>
# <details><summary>Choose a smaller ε.</summary>
#
# That makes rounding worse: two nearly equal numbers are subtracted, then divided by something smaller.
# </details>
#
# **4. With $k_2 = 5$ our network used numbers from 15 steps back. Why could it?**
# <details><summary>The gradient leaks through the state.</summary>
#
# It does not: beyond five steps it is exactly zero. Only the state goes on.
# </details>
# <details><summary>The weights that five steps have trained act at all steps.</summary>
#
# Yes. With weights of their own in the last five steps, it could not.
# </details>
# <details><summary>The random network remembers enough by itself.</summary>
#
# It echoes, but the best linear read-out of it was far worse. That was the first control.
# </details>

# %% [markdown]
# ## Take-aways
# - BPTT is backpropagation on the unrolled network; shared weights add up what their copies get. *(claim: "The gradients of the copies add
#   up …")*
# - ∂ holds everything else, d goes through time; BPTT makes totals of one-step pieces. *(claim: "Ours is automatic differentiation")*
# - Believe no gradient before it has passed central differences in float64. *(claims: "Ours is the central difference …", "Each mistake is
#   …", "The gradients of all three cells …")*
# - Truncation keeps most of the direction and loses length once a network remembers. *(claims: "At every look …", "From 500 updates on …")*
# - It cuts the gradient, not the memory, because weights are shared; full BPTT gets further. *(claims: "Truncated after 5 steps …", "Nor do
#   weights trained in the last 5 steps …", "Full BPTT …")*
# - A dozen lines train a model of characters and one of words. *(claims: "Within 200 updates …", "It completes …", "Trained by our own
#   gradients …")*
#
# **Exercises.** [Exercises 04](exercises/04_backpropagation_through_time.ipynb): one step back, all steps back, truncated, a gradient check, a
# planted bug. The notebook says how many minutes each takes.
#
# ## Read on
# - P. J. Werbos, *Backpropagation through time: what it does and how to do it*, Proceedings of the IEEE 78 (1990): the method, with its
#   signs for one-step and total derivatives.
# - R. J. Williams and J. Peng, *An efficient gradient-based algorithm for on-line training of recurrent network trajectories*, Neural
#   Computation 2 (1990): truncation and its two numbers.
# - H. Jaeger, *The "echo state" approach to analysing and training recurrent neural networks*, GMD Report 148 (2001): how far a random network
#   with a trained read-out gets.
# - C. Tallec and Y. Ollivier, *Unbiasing truncated backpropagation through time* (2017): what truncation does to the gradient on average, and a cure.
