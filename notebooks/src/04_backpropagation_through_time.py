# %% [markdown]
# # 04 · Backpropagation through time
#
# **An error is seen at the last step. How does it reach weights that acted at the first?**
#
# **You will be able to**
# - derive the gradient of a recurrent network in four lines, and write it in a dozen;
# - check a gradient against two others that know nothing of your formulas;
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
# **Before you look:** the loss $L_4$ is seen at step 4. Over how many of the arrows between states can it go back? And $L_2$?

# %%
plots.unrolled(4, losses=True, gradient_from=[2, 4], title="$L_2$ and $L_4$ go back to every state before them")
plt.show()

# %% [markdown]
# $L_4$ goes back over three arrows, each a copy of $W_h$, and $L_2$ over one. The way ends at $h_1$: the start $h_0$ is given, and nobody
# asks how to change it. What arrives at a state from several losses adds up.

# %% [markdown]
# ### Two kinds of derivative
# Ask "how does the loss change with $h_2$?" and there are two answers:
#
# - $\partial L / \partial h_2$, **one step, all other states held**: what the loss reads of $h_2$ itself. If only $L_2$ reads $h_2$, this is
#   all of $L_2$ and nothing of $L_4$;
# - $dL / dh_2$, **the total through time**: what really happens to $L$ when $h_2$ moves and all later states move with it.
#
# This course never mixes the two symbols; Werbos calls the total an *ordered* derivative and writes $\partial^+$. BPTT computes the totals
# from the one-step pieces.

# %% [markdown]
# ## Four lines
# Take **one unit** first, so that everything is a number: $a_t = w_x x_t + w_h h_{t-1} + b$ and $h_t = \tanh(a_t)$. Move $h_t$ a little, and
# $a_{t+1}$ moves $w_h$ times as much: $\partial a_{t+1} / \partial h_t = w_h$. Move $a_t$, and $h_t$ moves by the slope of tanh, which is
# $1 - \tanh^2(a_t) = 1 - h_t^2$. Going back is multiplying by these two, in turn. With $w_h = 0.5$, states $h_1 = 0.8$ and $h_2 = 0.6$, and a
# loss that reads $h_2$ alone, with slope 1:
#
# | | $\partial L/\partial h_t$ | from step $t+1$ | $dL/dh_t$ | slope $1-h_t^2$ | $dL/da_t$ |
# | --- | --- | --- | --- | --- | --- |
# | $t = 2$ | 1 | – | 1 | 0.64 | 0.64 |
# | $t = 1$ | 0 | 0.64 · 0.5 | 0.32 | 0.36 | 0.1152 |
#
# The loss does not read $h_1$, and yet it changes by 0.32 with it. The weight $w_h$ acted twice, each time on the state before:
# $dL/dw_h = h_1 \cdot 0.64 + h_0 \cdot 0.1152 = 0.512$, for $h_0 = 0$.
#
# With **many units** a state is a row, and $a_{t+1,j}$ holds the sum of $h_{t,i} W_{ij}$ over $i$. So unit $i$ hears from every unit $j$ that it
# feeds: the sum of $W_{ij}\, dL/da_{t+1,j}$ over $j$, which is the row $dL/da_{t+1}$ times $W_h^\top$. The network is now
# $a_t = x_t W_x + h_{t-1} W_h + b$, $h_t = \tanh(a_t)$, and $L$ is the sum of the losses $L_t$, each a function of its $h_t$, perhaps through a
# read-out $y_t = h_t W_y + b_y$. Start at the last step, where nothing comes after, and go back:
#
# $$\begin{aligned}
# \frac{dL}{dh_t} &= \frac{\partial L}{\partial h_t} + \frac{dL}{da_{t+1}}\, W_h^\top
#   && \text{what the loss reads here, and what comes back from step } t+1 \\
# \frac{dL}{da_t} &= \frac{dL}{dh_t} \odot (1 - h_t^2) && \text{through tanh, whose slope is } 1-\tanh^2 \\
# \frac{dL}{dW_h} &= \sum_t h_{t-1}^\top\, \frac{dL}{da_t}, \qquad
# \frac{dL}{dW_x} = \sum_t x_t^\top\, \frac{dL}{da_t}, \qquad
# \frac{dL}{db} = \sum_t \frac{dL}{da_t} && \text{one weight, used at every step} \\
# \frac{\partial L}{\partial h_t} &= \frac{dL}{dy_t}\, W_y^\top, \qquad
# \frac{dL}{dW_y} = \sum_t h_t^\top\, \frac{dL}{dy_t} && \text{where the loss looks through a read-out}
# \end{aligned}$$
#
# ($\odot$ multiplies entry by entry. At $t = T$ the second term of the first line is missing. An input gets $dL/da_t\, W_x^\top$, by the same
# argument; exercise 04.1 writes it.) A state that is read in several ways, here by its own loss and by the next step, gets the sum of
# what comes back on each. Lines 1 and 2 together say what one step does to a gradient: it is multiplied by the one-step **Jacobian**,
# the matrix of all slopes, unit by unit,
#
# $$\frac{\partial h_{t+1}}{\partial h_t} = \operatorname{diag}(1 - h_{t+1}^2)\, W_h^\top ,$$
#
# with a row for each unit *after* the step and a column for each unit before it; the gradient row stands to its left. (diag puts a row
# of numbers on the diagonal of a matrix of zeros.)
#
# Now read the four lines as a program. Two things are easy to get wrong, and shapes will not warn you: $W_h$ is square, so a missing
# transpose fits; and the states are one longer than the inputs, because of $h_0$.

# %%
def forward(x, W_x, W_h, b):
    h = np.zeros((x.shape[0], x.shape[1] + 1, len(b)))             # (B, T + 1, H): h_0, h_1 … h_T
    for t in range(x.shape[1]):
        h[:, t + 1] = np.tanh(x[:, t] @ W_x + h[:, t] @ W_h + b)
    return h


def bptt(x, h, own, W_h):
    """From the one-step ∂L/∂h_t (B, T, H) to the totals: dL/dW_x, dL/dW_h, dL/db, and dL/da_t (B, T, H)."""
    d_a = np.zeros_like(own)
    d_next = np.zeros_like(own[:, 0])                            # (B, H): nothing comes after step T
    for t in reversed(range(x.shape[1])):
        d_h = own[:, t] + d_next                                 # line 1: dL/dh_t; h[:, t + 1] holds this h_t
        d_a[:, t] = d_h * (1 - h[:, t + 1] ** 2)                   # line 2
        d_next = d_a[:, t] @ W_h.T                                 # for line 1 of the step before
    # einsum multiplies where letters agree, and sums over those that the result does not name: batch and time (line 3)
    d_W_x = np.einsum("btd,bth->dh", x, d_a)
    d_W_h = np.einsum("btk,bth->kh", h[:, :-1], d_a)
    return d_W_x, d_W_h, d_a.sum((0, 1)), d_a

# %%
x_two = np.arctanh([[[0.8], [0.6]]]) - [[[0.0], [0.4]]]            # (1, 2, 1): inputs that give the states of the table
h_two = forward(x_two, W_x=np.eye(1), W_h=np.array([[0.5]]), b=np.zeros(1))
_, d_w_h, _, d_a_two = bptt(x_two, h_two, own=np.array([[[0.0], [1.0]]]), W_h=np.array([[0.5]]))
claim("bptt finds the numbers of the table", np.allclose([*d_a_two.ravel(), *d_w_h.ravel()], [0.1152, 0.64, 0.512]),
      f"dL/da {d_a_two[0, 1, 0]:.2f} and {d_a_two[0, 0, 0]:.4f}, dL/dw_h {d_w_h[0, 0]:.3f}")

# %% [markdown]
# ## Right or wrong? Two witnesses
# A wrong gradient often still learns, only worse. So a gradient is never believed. We compare three:
#
# 1. **ours**, above;
# 2. **automatic differentiation**: TensorFlow records every operation of Keras' layer and applies the chain rule by itself;
# 3. **central differences**: nudge one weight by $\pm\varepsilon$, run forward twice, and divide: $(L_+ - L_-) / 2\varepsilon$, with
#    $\varepsilon = 10^{-6}$.
#
# All in float64: in float32 rounding alone would hide a small mistake. The loss is $\tfrac12 \sum_t \lVert h_t - g_t \rVert^2$ with random goals
# $g_t$, so $\partial L / \partial h_t = h_t - g_t$.
#
# **Before you run it:** one of the three is not exact, even on paper. Which one?

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
claim("Ours is automatic differentiation", apart(ours, automatic) < 1e-10,
      f"relative difference {apart(ours, automatic):.0e}")
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

# %%
mistakes = ["derivative of tanh forgotten", "recurrent kernel not transposed", "state of the wrong step"]
errors = {name: apart(with_mistake(name), numeric) for name in ["no mistake", *mistakes]}
ax = plots.bars(errors, models=["simple", "lstm", "lstm", "lstm"], form="{:.1g}",
                title="A mistake in calculus is no rounding error",
                xlabel="relative difference to central differences (log)")
ax.set(xscale="log", xlim=(1e-11, 1e3))
ax.grid(False)
smallest = min(errors[name] for name in mistakes)
claim("Each mistake is more than 10,000 times what a right gradient shows", smallest > 1e4 * errors["no mistake"],
      f"smallest {smallest:.0e}, right {errors['no mistake']:.0e}")

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
claim("scratch.backward is our dozen lines", apart(ours, by_scratch) < 1e-12,
      f"relative difference {apart(ours, by_scratch):.0e}")

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

own_last = np.zeros_like(goals)
own_last[:, -1] = h[:, -1] - goals[:, -1]                          # now only step 12 has a loss
d_a = bptt(x, h, own_last, W_h)[3]                                 # (4, 12, 5)
by_step = np.einsum("btk,bth->tkh", h[:, :-1], d_a)                # (12, 5, 5): what step t adds to dL/dW_h
plots.stems(np.linalg.norm(by_step, axis=(1, 2)), xlabel="step t", ylabel=r"size of $h_{t-1}^\top\, dL/da_t$",
            title="A loss at step 12: what each step adds to $dL/dW_h$")
claim("Step 1 adds exactly nothing, for h_0 is zero", (by_step[0] == 0).all(), f"{np.abs(by_step[0]).max():.0f}")

# %% [markdown]
# Weights are shared, so gradients add up: that is the sum over $t$ in line 3. Write `d_W_h = …` in a backward loop where `d_W_h += …`
# belongs, and only what its last round computes is left, the share of step 1. Here that is zero: $W_h$ would never learn.
# The stems also hint at trouble: with every step back the signal has been multiplied by $W_h^\top$ and by the slope of tanh once
# more. Lesson 05 measures what becomes of it.

# %% [markdown]
# ## Cutting it short
# BPTT keeps every state of the sequence, and goes all the way back before a single update. A sequence of a million steps does not fit. **Truncated**
# BPTT goes back a fixed number of steps and stops. Williams and Peng (1990) give it two numbers, today written $k_1$ and $k_2$: after every
# $k_1$ steps forward, go back through $k_2$ steps, that of the loss included. With $k_1 = 1$ every loss gets its full $k_2$ steps (the first
# picture shows it for $L_6$), at about $k_2$ times the work of BPTT. With $k_1 = k_2$ the sequence falls into chunks: cheap, and what nearly
# everybody does, but a loss just behind a cut reaches no further than the cut.

# %%
plots.unrolled(6, losses=True, gradient_from=[6], window=3,
               title="$k_1 = 1, k_2 = 3$: a loss reaches three steps, its own included")
plots.unrolled(6, losses=True, gradient_from=[1, 2, 3, 4, 5, 6], window=[1, 2, 3, 1, 2, 3],
               title="$k_1 = k_2 = 3$: in chunks, no gradient crosses a cut")
plt.show()

# %% [markdown]
# What does it throw away? We ask on the **adding problem** (Hochreiter & Schmidhuber 1997; here with the numbers of Le et al. 2015 and the
# marks of Arjovsky et al. 2016): 20 random numbers between 0 and 1, two of them marked, one in each half. The answer, asked at
# the end, is the sum of the two. Whoever always says 1 has a mean squared error of 1/6; whoever knows the second number alone, 1/12. We
# train with full BPTT, and stop now and then to compare the full gradient of $W_h$ with truncated ones: by direction (the cosine:
# 1 where nothing is lost, 0 where all is) and by length.
#
# **Before you run it:** the first mark stands at steps 1 to 10, so 10 to 19 steps before the end. $k_2 = 5$ goes back through steps 16 to 20.
# How much of the direction is lost?

# %%
units, batch_size, updates = 32, 50, 4000
task = datasets.adding(steps=20, examples=60_000, seed=seed)       # x (n, 20, 2): numbers and marks; y (n, 1): the sum of two
adding = [task.train, task.test]                                   # 42,000 and 9,000 examples


def network(run=0):
    """Cell, read-out, and random numbers for its batches: all rivals of a run start alike and see the same."""
    own_rng = np.random.default_rng([seed, run])
    cell = scratch.SimpleRNN(input_dim=2, units=units, seed=1000 * run + seed, dtype="float32")
    read_out = [own_rng.normal(0, units**-0.5, (units, 1)).astype("float32"), np.zeros(1, "float32")]
    return cell, read_out, own_rng

# %%
def answer(cell, read_out, x, window=20, early=None):
    """The last `window` steps, and what is said at the end; to them, the state that comes from before is given."""
    carried = scratch.forward(early or cell, x[:, :-window]).final_state if window < 20 else None         # (B, H)
    run = scratch.forward(cell, x[:, -window:], initial_state=carried)
    return run, run.outputs[:, -1] @ read_out[0] + read_out[1]     # (B, 1)


def gradients(cell, read_out, x, y, window=20, early=None):
    """Of the mean squared error, for cell and read-out; the error goes back through `window` steps."""
    run, said = answer(cell, read_out, x, window, early)
    d_y = 2 * (said - y) / len(x)                                  # (B, 1)
    own = np.zeros_like(run.outputs)                               # (B, window, H): no loss before the end
    own[:, -1] = d_y @ read_out[0].T                               # line 4
    return [*scratch.backward(cell, run, own).weights, run.outputs[:, -1].T @ d_y, d_y.sum(axis=0)]

# %% [markdown]
# To truncate is to take an earlier state as given, like $h_0$. (With losses at many steps each needs its own window:
# `scratch.truncated_backward`, and exercise 04.3.) `early` lets the steps before the window have another cell; we shall need that.

# %%
windows = [1, 2, 5, 10, 15, 20]
x_look, y_look = (part[:500] for part in task.validation)


def compare(cell, read_out):
    """Cosine and ratio of length of truncated to full dL/dW_h, for each window: (6, 2)."""
    full = gradients(cell, read_out, x_look, y_look)[1]
    cut = [gradients(cell, read_out, x_look, y_look, window)[1] for window in windows]
    lengths = [np.linalg.norm(d) for d in cut]
    return np.array([(np.sum(d * full) / (size * np.linalg.norm(full)), size / np.linalg.norm(full))
                     for d, size in zip(cut, lengths, strict=True)])


def judge(said, x, y):
    """Mean squared error, and how much of the first and of the second number is in what is said (by least squares)."""
    numbers = x[..., 0][x[..., 1] == 1].reshape(-1, 2)             # (n, 2): the marked ones, in order
    shares, *_ = np.linalg.lstsq(np.c_[numbers, np.ones(len(x))], said, rcond=None)
    return np.array([np.mean((said - y) ** 2), *shares[:2, 0]])    # (3,)

# %%
def train(data, window=20, shared=True, run=0, look_at=()):
    """Not `shared`: the steps before the window keep the first weights."""
    (x, y), test = data
    cell, read_out, own_rng = network(run)
    early = cell if shared else network(run)[0]
    optimizer = scratch.Adam(learning_rate=0.003)
    looks = {}
    for update in range(updates):
        if update in look_at:
            looks[update] = compare(cell, read_out)
        chosen = own_rng.integers(len(x), size=batch_size)
        d_all = gradients(cell, read_out, x[chosen], y[chosen], window, early)
        optimizer.update([*cell.weights, *read_out], d_all)
    looks[updates] = compare(cell, read_out)
    return judge(answer(cell, read_out, test[0], window, early)[1], *test), looks


full_bptt, looks = train(adding, look_at=(0, 100, 500, 1000, 2000))

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.6))
for column, (ax, name) in enumerate(zip(panel, ("cosine with the full gradient", "length, full = 1"), strict=True)):
    curves = {f"after {update} updates": looks[update][:, column] for update in (0, 100, 1000, 4000)}
    plots.lines(windows, curves, marker="o", xlabel="$k_2$, steps back of 20", ylabel=name, ax=ax,
                title=("Direction: most of it is there at 5 steps", "Length: later, much of it is cut off")[column])
    ax.set(ylim=(0, 1.3), xticks=windows)
plt.show()
at_5 = {update: look[windows.index(5)] for update, look in looks.items()}
cosines = [cosine for cosine, _ in at_5.values()]
claim("With k2 = 5 most of the direction is there, in the median of six looks", np.median(cosines) > 0.6,
      "cosine " + ", ".join(f"{cosine:.2f}" for cosine in cosines))
later = np.median([at_5[update][1] for update in (1000, 2000, 4000)])
claim("From 1000 updates on less than 0.7 of the length is left, and less than at the start",
      later < 0.7 and later < at_5[0][1], f"median {later:.2f}, at the start {at_5[0][1]:.2f}")

# %% [markdown]
# Most of the direction survives, before training and after it. What changes is length: once the network carries early numbers to the
# end, a large part of the gradient comes from early steps, and that is just what is cut. So with $k_2 = 5$ a network should never learn
# to use a number from 10 to 19 steps before the end, should it?
#
# **Before you run it:** what error will $k_2 = 5$ reach? Beside it stand three rivals. In one nothing is trained but the read-out. One gets
# the same five steps of gradient, but the five steps have weights of their own; the steps before keep the first ones. One is full
# BPTT. We judge by the error (1/12 is that of the second number alone), and by how much of each number is in the answer: 1 is all of it. Bars
# are medians, dots are networks.

# %%
def reservoir(run):
    """Nothing is trained but the read-out, by least squares: the best that a line can read from a random network."""
    cell, _, _ = network(run)
    states, later_states = (np.c_[scratch.forward(cell, x).outputs[:, -1], np.ones(len(x))] for x, _ in adding)
    best, *_ = np.linalg.lstsq(states, adding[0][1], rcond=None)   # (33, 1), from states (42000, 33)
    return judge(later_states @ best, *adding[1])


runs = range(3)                                                    # three networks each; of full BPTT the one from above
reached = {
    "only the read-out": [reservoir(run) for run in runs],
    "five steps, own weights": [train(adding, window=5, shared=False, run=run)[0] for run in runs],
    "$k_2 = 5$": [train(adding, window=5, run=run)[0] for run in runs],
    "full BPTT": [full_bptt],
}
middle = {name: np.median(results, axis=0) for name, results in reached.items()}                          # name → (3,)

# %%
figure, panel = plt.subplots(1, 3, figsize=(7.0, 2.9), sharey=True)
figure.suptitle("Five steps back, and yet it uses the first number", x=0.01, ha="left", weight="bold", size=12.5)
columns = [("mean squared\nerror", 1 / 12), ("share of the\n1st number", 1.0), ("share of the\n2nd number", 1.0)]
for column, (ax, (name, line)) in enumerate(zip(panel, columns, strict=True)):
    plots.bars({name: values[column] for name, values in middle.items()}, form="", title="", xlabel=name,
               models=["baseline", "baseline", "simple", "simple"], ax=ax)
    for place, results in enumerate(reached.values()):
        ax.plot([result[column] for result in results], [place] * len(results), "k.")
    ax.axvline(line, color="black", linestyle="--", linewidth=1.2)
    ax.set_xticks([0, line], ["0", "1/12" if column == 0 else "1"])
plt.show()

# %%
echo, own_5, shared_5 = (middle[name] for name in list(middle)[:3])
claim("With k2 = 5 the answer holds more than half of the first number, and the error is below 1/12",
      shared_5[1] > 0.5 and shared_5[0] < 1 / 12, f"{shared_5[1]:.2f}, MSE {shared_5[0]:.3f}")
claim("Five steps with weights of their own get less far than shared weights", own_5[1] < 0.75 * shared_5[1],
      f"share of the first number {own_5[1]:.2f}, MSE {own_5[0]:.3f}")
claim("A trained read-out alone finds less than a third of either number", max(echo[1:]) < 1 / 3,
      f"shares {echo[1]:.2f} and {echo[2]:.2f}, MSE {echo[0]:.3f}")
claim("Full BPTT makes less than two thirds of the error of k2 = 5", full_bptt[0] < 2 / 3 * shared_5[0],
      f"MSE {full_bptt[0]:.3f}")

# %% [markdown]
# A random network echoes its inputs for a while (the **reservoir**, Jaeger 2001), and five trained steps can read some of that echo.
# **Sharing** the weights gets further. But what is it that the last five steps teach the first fifteen? The
# second mark stands at steps 11 to 20, so in every other sequence it lies inside the window, and there the gradient sees a marked
# number come in. If that is what it learns from, we can take it away: put the second mark at steps 11 to 15, where $k_2 = 5$ never sees one.
#
# **Before you run it:** nothing else changes. What will full BPTT make of it, and what $k_2 = 5$?

# %%
def second_mark_earlier(x):
    x = x.copy()
    x[:, 10:, 1] = 0
    x[np.arange(len(x)), rng.integers(10, 15, size=len(x)), 1] = 1                                        # steps 11 to 15
    return x, (x[..., 0] * x[..., 1]).sum(axis=1, keepdims=True)


out_of_sight = [second_mark_earlier(x) for x, _ in adding]
unseen_5 = np.median([train(out_of_sight, window=5, run=run)[0] for run in runs], axis=0)
unseen_full = train(out_of_sight)[0]
plots.bars({"$k_2 = 5$": unseen_5[0], "full BPTT": unseen_full[0]}, form="{:.3f}", xlabel="mean squared error",
           reference=("second number alone, 1/12", 1 / 12), title="No mark in the window, and $k_2 = 5$ is lost")
claim("With no mark in the last five steps, k2 = 5 does worse than the second number alone", unseen_5[0] > 1 / 12,
      f"MSE {unseen_5[0]:.3f}, always 1 has {1 / 6:.3f}")
claim("Full BPTT solves the same task", unseen_full[0] < 0.02, f"MSE {unseen_full[0]:.3f}")

# %% [markdown]
# So this is what is shared: **reading a marked number in**, and keeping it, as far as the window shows it. The weights learn it on marks
# among the last five steps, and use it at all steps, because they are the same weights. Truncation cuts the *gradient*, not the
# memory. What the window never shows is not learned; and since no gradient has asked for a memory of 20 steps, nothing promises
# one.

# %% [markdown]
# ## Train with it
# Enough checking. A network that learns to say one sentence, character after character, with nothing but our `forward` and `bptt`. It reads
# a character as a one-hot vector and gives scores $y_t = h_t W_y + b_y$ for the next. `softmax_cross_entropy` returns the loss of lesson
# 01, at one step $L_t = \ln \sum_k e^{y_k} - y_{\text{target}}$, and its slope for each score: $e^{y_j} / \sum_k e^{y_k}$, which is the
# probability of $j$, less 1 where $j$ is the target. The loss is a mean over the steps, so this is divided by their number. `Adam`
# takes the steps (Kingma & Ba 2015).
#
# A table that looks at the last character cannot say this sentence: after `e` comes `l`, `c`, `n`, `u` or `t`.
# **Before you run it:** how many updates will the network need, 10, 100 or 1000?

# %%
sentence = "hello from recurrent neural networks"                  # 36 characters
letters = sorted(set(sentence))
codes = np.array([letters.index(letter) for letter in sentence])   # (N,)
one_hot = np.eye(len(letters))[codes]                              # (N, V)
V, H = len(letters), 64
W_y, b_y = rng.normal(0, H**-0.5, (H, V)), np.zeros(V)
weights = [rng.normal(0, 0.3, (V, H)), np.linalg.qr(rng.normal(size=(H, H)))[0], np.zeros(H), W_y, b_y]


def say(length):
    """Greedy: the likeliest character is taken each time, and read again."""
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
        sayings[update] = say(len(sentence) - 1)
    h = forward(one_hot[np.newaxis, :-1], *weights[:3])            # (1, N, H): h_0 and N − 1 states
    nats, d_y = scratch.softmax_cross_entropy(h[0, 1:] @ W_y + b_y, codes[1:])                            # d_y (N − 1, V)
    d_cell = bptt(one_hot[np.newaxis, :-1], h, (d_y @ W_y.T)[np.newaxis], weights[1])[:3]                 # line 4, then 1 to 3
    d_all, _ = scratch.clip_by_global_norm([*d_cell, h[0, 1:].T @ d_y, d_y.sum(axis=0)], max_norm=5.0)
    optimizer.update(weights, d_all)
    losses.append(nats)

plots.table([[update] for update in sayings], rows=list(sayings.values()), columns=["after updates"],
            title="The sentence, update by update", corner="it says")
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
# Adagrad (Duchi et al. 2011): a weight's steps shrink with the squares of all gradients it has had
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
claim("A bigram table gives each about a half", 0.4 < table["learning"] < 0.6,
      f"{table['learning']:.2f} and {table['water']:.2f}")
good, ate_a_good = model.probabilities("good"), model.probabilities("you ate a good")
claim("After good it ranks morning over banana", good["morning"] > 2 * good["banana"],
      f"{good['morning']:.3f} and {good['banana']:.3f}")
claim("After you ate a good it ranks banana over morning", ate_a_good["banana"] > 2 * ate_a_good["morning"],
      f"{ate_a_good['banana']:.3f} and {ate_a_good['morning']:.3f}")

# %% [markdown]
# The same last word, and the opposite ranking: no bigram can do that. Do not make too much of it. A table of one word more would know
# *a good* from a *good* that begins the sentence, and *love deep* from *in deep*.
#
# ### Does it scale?
# One sentence is a toy. `scratch.LanguageModel`, the same mathematics in whole batches, reads Python's standard library: 64 streams side
# by side, 50 characters at a time. The state is carried over from piece to piece, the gradient is not: truncated BPTT with $k_1 = k_2 = 50$.

# %%
text = datasets.python_source(characters=400_000)
train_ids, unseen_ids = text.train[0], text.validation[0]          # (320000,), (40000,)
reader = scratch.LanguageModel(text.vocabulary, units=128, seed=seed)
untrained, _, _ = reader.loss_and_gradients(unseen_ids[np.newaxis, :2000], unseen_ids[np.newaxis, 1:2001])
_ = scratch.train(reader, train_ids, steps=400, batch_size=64, chunk=50, optimizer=scratch.Adam(learning_rate=0.01))
streams = unseen_ids[: len(unseen_ids) // 20 * 20].reshape(20, -1)                  # (20, 2000)
nats, _, _ = reader.loss_and_gradients(streams[:, :-1], streams[:, 1:])
tables = {f"table, context of {n - 1}": baselines.ngram(train_ids, unseen_ids, vocab_size=len(text.vocabulary), order=n)
          for n in (1, 2, 3, 4)}
plots.bars({**tables, "our RNN, 400 updates": nats}, models=["baseline"] * 4 + ["simple"], form="{:.2f}",
           title="A network in NumPy reads Python", xlabel="nats per character on unseen modules")
claim("Trained by our own gradients, it beats a table of the last character by 0.3 nats",
      nats < tables["table, context of 1"] - 0.3,
      f"{nats:.2f} against {tables['table, context of 1']:.2f} nats; untrained {untrained:.2f}")
claim("A table of the last three characters is better by 0.05 nats or more", tables["table, context of 3"] < nats - 0.05,
      f"{tables['table, context of 3']:.2f} nats")

# %% [markdown]
# A few seconds of training do not beat a good table; lesson 09 gives it longer. But that was a dozen lines of gradient, hoisted into
# whole arrays, and no framework. You now own the engine. The rest of the course drives.

# %% [markdown]
# ## Try it
# Copy a line into a new cell below, change it, run it. Number 3 changes a cell above: rerun from there.
#
# 1. Find the right $\varepsilon$: `[apart(central_differences([W_x.copy(), W_h.copy(), b.copy()], 10.0**-k), ours) for k in range(1, 13)]`.
#    Why is the smallest not the best?
# <details><summary>What we found</summary>
#
# From 0.1 to 10⁻⁵ each step makes the error a hundred times smaller: the ε² rule. From 10⁻⁶ on it grows tenfold with each step:
# rounding, divided by a smaller and smaller ε. The best is near 10⁻⁵.
# </details>
#
# 2. Does $k_2 = 1$ still learn? `train(adding, window=1)[0]` gives the error and the two shares. And `window=5, shared=False` where the mark is
#    `out_of_sight`?
# <details><summary>What we found</summary>
#
# k₂ = 1 got errors of 0.02 to 0.05 with thirteen seeds, hardly worse than k₂ = 5: the second mark stands at step 20 in every tenth
# sequence, and that is enough to learn to read it in. Out of sight, five steps with weights of their own got 0.05 to 0.07, better than
# shared weights. Our guess: the first fifteen steps kept their echo, while shared weights change there with every update, unseen by
# any gradient.
# </details>
#
# 3. A sentence of your own: change `sentence`, run its two cells again. How long may it be before 200 updates are too few?
# <details><summary>What we found</summary>
#
# With 150 characters of plain English all of three networks had it by heart; with 200 and 300 characters, two of three.
# </details>
#
# 4. Let the reader write: `print(reader.write("def ", 200, temperature=0.5))`. (The temperature divides the scores before they become
#    probabilities: below 1 it sharpens them, toward greedy.)
# 5. Move the slider: how far back does a loss at step 12 reach, when $W_h$ is stretched?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def reach(gain):
    """Size of dL/da_t at each of 12 steps, with W_h multiplied by `gain`; relative to step 12."""
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
# Yes. ∂ holds all other states, d lets the later ones move along.
# </details>
# <details><summary>They are the same thing in two notations.</summary>
#
# They agree only at the last step, where nothing comes after.
# </details>
#
# **2. The loop runs backward, $h_0 = 0$. Your $dL/dW_h$ comes out exactly zero, $dL/dW_x$ does not. What have you done?**
# <details><summary>Assigned in the loop where you should have added.</summary>
#
# Yes. `d_W = …` keeps the loop's last round, which is step 1: its share of dL/dW_h is h₀ᵀ dL/da₁ = 0, that of dL/dW_x is not. `d_W += …`
# keeps all. Weights are shared, so gradients add up.
# </details>
# <details><summary>Forgotten the derivative of tanh.</summary>
#
# That changes every step by another factor, and makes gradients larger, not zero.
# </details>
# <details><summary>Nothing: the gradient has vanished.</summary>
#
# A product of small numbers is small, not exactly zero, and the last step's share has not been multiplied at all.
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
# **4. With $k_2 = 5$ our networks used a number from 10 to 19 steps before the end. Why could they?**
# <details><summary>The gradient leaks through the state.</summary>
#
# It does not: beyond five steps it is exactly zero. Only the state goes on.
# </details>
# <details><summary>They learned to read marked numbers in the last five steps, and the same weights read at all steps.</summary>
#
# Yes. With no mark in these steps they did not learn it, and with weights of their own in these steps they got less far.
# </details>
# <details><summary>A random network remembers enough by itself.</summary>
#
# It echoes, and that helps. But its best read-out found less than a third of the number.
# </details>

# %% [markdown]
# ## Take-aways
# - BPTT is backpropagation on the unrolled network; shared weights add up what their copies get. *(claim: "The gradients of the copies add
#   up …")*
# - ∂ holds all other states, d goes through time; BPTT makes totals of one-step pieces. *(claims: "bptt finds the numbers …", "Ours is
#   automatic differentiation")*
# - Believe no gradient before it has passed central differences in float64. *(claims: "Ours is the central difference …", "Each mistake is
#   …", "The gradients of all three cells …")*
# - Truncation keeps most of the direction and loses length once a network remembers. *(claims: "With k2 = 5 most of the direction …", "From
#   1000 updates on …")*
# - It cuts the gradient, not the memory: what the window teaches, shared weights do at all steps; what it never shows is not learned.
#   *(claims: "With k2 = 5 the answer holds …", "Five steps with weights of their own …", "With no mark in the last five steps …")*
# - A dozen lines train a model of characters and one of words. *(claims: "Within 200 updates …", "It completes …", "Trained by our own
#   gradients …")*
#
# **Exercises.** [Exercises 04](exercises/04_backpropagation_through_time.ipynb): one step back, all steps back, truncated, a gradient check, a
# planted bug. The notebook says how many minutes each takes.
#
# ## Read on
# - P. J. Werbos, *Backpropagation through time: what it does and how to do it*, Proceedings of the IEEE 78 (1990): the method, with
#   ordered derivatives ∂⁺ for what is d here.
# - R. J. Williams and J. Peng, *An efficient gradient-based algorithm for on-line training of recurrent network trajectories*, Neural
#   Computation 2 (1990): truncation and its two numbers, there h and h′.
# - H. Jaeger, *The "echo state" approach to analysing and training recurrent neural networks*, GMD Report 148 (2001): how far a random network
#   with a trained read-out gets.
# - C. Tallec and Y. Ollivier, *Unbiasing truncated backpropagation through time* (2017): what truncation does to the gradient on average, and a cure.
