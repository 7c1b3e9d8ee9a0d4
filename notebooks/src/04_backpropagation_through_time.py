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
from rnncourse import plots, scratch
from rnncourse.measure import claim
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
# ($\odot$ multiplies entry by entry. At $t = T$ the second term of the first line is missing.) Now read it as a program.

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
# go $k_2$ steps back.

# %%
plots.unrolled(6, losses=True, gradient_from=[6], window=3, title="$k_2 = 3$: the loss of step 6 ends at $h_4$")
plt.show()

# %% [markdown]
# What does it throw away? We ask on the **adding problem** (Hochreiter & Schmidhuber 1997; in the form of Le et al. 2015): a sequence of random numbers,
# two of them marked, one in each half. The answer, asked at the end, is the sum of the two. Whoever always says 1 has a mean squared error of
# 1/6. We train with full BPTT, and stop now and then to compare the full gradient of $W_h$ with truncated ones, by direction (the
# cosine) and by length.
#
# **Before you run it:** half of the marks lie more than 10 steps before the end. With $k_2 = 5$, how much of the direction is lost?

# %%
steps, units, batch_size = 20, 32, 50


def adding(examples):
    x = np.zeros((examples, steps, 2), "float32")                  # (B, 20, 2): numbers and marks
    x[..., 0] = rng.random((examples, steps))
    for half in (0, steps // 2):
        x[np.arange(examples), rng.integers(half, half + steps // 2, examples), 1] = 1
    return x, (x[..., 0] * x[..., 1]).sum(axis=1, keepdims=True)   # (B, 20, 2), (B, 1)


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
def train(window=None, updates=2000, look_at=()):
    cell, read_out = network()
    optimizer = scratch.Adam(learning_rate=0.003)
    looks = {}
    for update in range(updates + 1):
        if update in look_at:
            looks[update] = compare(cell, read_out)
        _, d_cell, d_read_out = gradients(cell, read_out, *adding(batch_size), window)
        optimizer.update([*cell.weights, *read_out], [*d_cell, *d_read_out])
    error, _, _ = gradients(cell, read_out, *adding(4000))
    return error, looks


windows = [1, 2, 5, 10, 15, 20]


def compare(cell, read_out):
    """Cosine and ratio of length of truncated to full dL/dW_h, for each window: (6, 2)."""
    x, y = adding(500)
    full = gradients(cell, read_out, x, y)[1][1]
    cut = [gradients(cell, read_out, x, y, window)[1][1] for window in windows]
    lengths = [np.linalg.norm(d) for d in cut]
    return np.array([(np.sum(d * full) / (size * np.linalg.norm(full)), size / np.linalg.norm(full))
                     for d, size in zip(cut, lengths, strict=True)])


full_error, looks = train(look_at=(0, 100, 500, 2000))

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.6))
for column, (ax, name) in enumerate(zip(panel, ("cosine with the full gradient", "length, full = 1"), strict=True)):
    curves = {f"after {update} updates": look[:, column] for update, look in looks.items()}
    plots.lines(windows, curves, marker="o", xlabel="$k_2$, steps back of 20", ylabel=name, ax=ax,
                title=("Direction: most of it is there at 5 steps", "Length: a trained network loses much of it")[column])
    ax.set_ylim(0, 1.15)
plt.show()
at_5 = {update: look[windows.index(5)] for update, look in looks.items()}
claim("At every look the truncated gradient points within 60° of the full one", min(cosine for cosine, _ in at_5.values()) > 0.5,
      "cosine " + ", ".join(f"{cosine:.2f}" for cosine, _ in at_5.values()))
claim("After training it has lost a third of its length or more, at the start it had not",
      at_5[2000][1] < 0.67 < at_5[0][1], f"{at_5[2000][1]:.2f} of the full length, at the start {at_5[0][1]:.2f}")

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
    x, y = adding(20_000)
    states = np.c_[scratch.forward(cell, x).outputs[:, -1], np.ones(len(x))]        # (20000, 33)
    best, *_ = np.linalg.lstsq(states[:16_000], y[:16_000], rcond=None)
    return np.mean((states[16_000:] @ best - y[16_000:]) ** 2)


def train_the_end_only(window=5, updates=2000):
    """The last steps have weights of their own, which are trained; the steps before keep the first weights."""
    (early, _), (late, read_out) = network(), network()            # the same cell twice
    optimizer = scratch.Adam(learning_rate=0.003)
    for update in range(updates + 1):
        x, y = adding(4000 if update == updates else batch_size)
        carried = scratch.forward(early, x[:, :-window]).final_state                # (B, H)
        run = scratch.forward(late, x[:, -window:], initial_state=carried)
        error = run.outputs[:, -1] @ read_out[0] + read_out[1] - y
        d_outputs = np.zeros_like(run.outputs)
        d_outputs[:, -1] = 2 * error @ read_out[0].T / len(x)
        d_read_out = [2 * run.outputs[:, -1].T @ error / len(x), 2 * error.mean(axis=0)]
        optimizer.update([*late.weights, *read_out], [*scratch.backward(late, run, d_outputs).weights, *d_read_out])
    return np.mean(error**2)


reached = {"always 1": 1 / 6, "nothing trained but the read-out": reservoir(), "last 5 steps trained": train_the_end_only(),
           "$k_2 = 5$, shared weights": train(window=5)[0], "full BPTT": full_error}

# %%
plots.bars(reached, models=["baseline", "baseline", "baseline", "simple", "simple"], form="{:.3f}", xlabel="mean squared error",
           title="Five steps back, and yet it remembers the first half")
claim("Truncated after 5 steps, it still learns to use numbers from 11 to 20 steps back",
      reached["$k_2 = 5$, shared weights"] < 0.6 / 12, f"MSE {reached['$k_2 = 5$, shared weights']:.3f}, second number alone 0.083")
claim("A random network with the best linear read-out does not", reached["nothing trained but the read-out"] > 1 / 12,
      f"MSE {reached['nothing trained but the read-out']:.3f}")
claim("Nor do weights trained in the last 5 steps alone, with the same gradient",
      reached["last 5 steps trained"] > 1.5 * reached["$k_2 = 5$, shared weights"], f"MSE {reached['last 5 steps trained']:.3f}")
claim("Full BPTT is better still", full_error < reached["$k_2 = 5$, shared weights"], f"MSE {full_error:.3f}")

# %% [markdown]
# The two controls tell us why. A random network already echoes its inputs for a while (the **reservoir**, Jaeger 2001): that is a
# start, but not enough. Training only the copies that the gradient reaches uses the very same truncated gradient, and stays far behind. The difference is **sharing**:
# what the last five steps learn about keeping a number, steps 1 to 15 do too, because they have the same weights. Truncation cuts the
# *gradient*, not the memory.
#
# It still costs: full BPTT gets further in as many updates. And no gradient has asked for a memory of 20 steps, so nothing
# promises one.
