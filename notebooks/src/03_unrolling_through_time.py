# rnncourse: serial
# %% [markdown]
# # 03 · Unrolling through time
#
# **A recurrent layer is one small cell. How does it read five steps or five hundred, and what follows from using the same
# weights at every one of them?**
#
# **You will be able to**
# - draw the loop as a graph without loops, and write it in six lines that give what Keras gives;
# - say what an output can depend on, and show it with a nudge and with automatic differentiation;
# - pad and mask a batch so that nothing changes, and report a loss that does not depend on how you cut the batches;
# - feed a stream in chunks, and tell a forgotten reset from an unwanted one by its symptom;
# - say what the loop costs, and how long a network that runs on its own can be trusted.
#
# **You need** [lesson 02](02_the_recurrent_cell.ipynb). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, plots, progress, scratch
from rnncourse.measure import claim
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
import time

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## The loop, drawn as a graph
# A cell that reads its own last state is drawn with a loop. A loop says *what* is computed, but not in which order. So we draw
# the cell once for every step and let the state run from copy to copy. That is **unrolling**.
#
# **Before you look:** unrolled over 4 steps, how often does $W_h$ stand in the graph? How many weight matrices are there to
# learn?

# %%
plots.unrolled(4, folded=True, title="One cell with a loop is four copies without")
plt.show()

# %% [markdown]
# $W_h$ stands there four times (the same colour is the same matrix), and three matrices are to learn: $W_x$, $W_h$ and $W_y$.
# The graph on the right has no loop: every arrow goes up or to the right. So it can be computed from left to right, and
# derivatives can go back through it from right to left, as in any feedforward network.

# %% [markdown]
# ### Six lines, four ways to run them
# Unrolled, the network is a `for` loop. We write it, and compare it with three others that have the same weights: Keras' layer as
# it is, Keras' layer with `unroll=True`, and the loop of `rnncourse.scratch`. (Below, `twin` makes a layer with another setting
# and the same weights.)
#
# **Before you run it:** will any of the four differ in more than the last digits?

# %%
batch, steps, features, units = 4, 12, 3, 5
x = rng.normal(size=(batch, steps, features)).astype("float32")
layer = keras.layers.SimpleRNN(units, return_sequences=True, bias_initializer="random_normal")
layer.build((batch, None, features))


def hand_loop(x, W_x, W_h, b):
    h, states = np.zeros((len(x), len(b)), x.dtype), []            # (batch, units)
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ W_x + h @ W_h + b)                   # (batch, units): the same weights at every t
        states.append(h)
    return np.stack(states, axis=1)                                # → (batch, time, units)


# %%
def twin(layer, **changes):
    other = type(layer).from_config({**layer.get_config(), **changes})
    other.build((batch, None, features))
    other.set_weights(layer.get_weights())
    return other


states = np.array(layer(x))                                        # (4, 12, 5)
unrolled = twin(layer, unroll=True)
cell = scratch.SimpleRNN(features, units)
cell.set_weights(layer.get_weights())
run = scratch.forward(cell, x)
ways = {"The hand loop": hand_loop(x, *layer.get_weights()), "unroll=True": unrolled(x), "scratch": run.outputs}
for name, outputs in ways.items():
    apart = np.abs(np.array(outputs) - states).max()
    claim(f"{name}: the states of Keras' layer", apart < 1e-6, f"largest difference {apart:.0e}")

# %% [markdown]
# The same graph, so the same gradients. As loss we take the mean of all squared states. `tf.GradientTape` records what is
# computed and gives derivatives afterwards; `scratch` uses a function that you will write in lesson 04.

# %%
gradients = {}
for name, way in (("loop", layer), ("unrolled", unrolled)):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(way(x) ** 2)
    gradients[name] = [np.array(gradient) for gradient in tape.gradient(loss, way.trainable_variables)]
gradients["scratch"] = scratch.backward(cell, run, 2 * run.outputs / run.outputs.size).weights
for name in ("unrolled", "scratch"):
    apart = max(np.abs(one - other).max() for one, other in zip(gradients[name], gradients["loop"], strict=True))
    claim(f"Loop and {name}: the same gradients", apart < 1e-6, f"largest difference {apart:.0e}")

# %% [markdown]
# ### What `unroll=True` changes
# Not the numbers, then. So far we called `layer(x)`, which runs one operation after the other. Inside `fit`, `predict` or
# `tf.function` TensorFlow first translates a layer into a graph of operations, and then runs that. By default the loop is *one*
# node, with the step inside it. With `unroll=True` every step gets nodes of its own, as in our picture.
#
# **Before you run it:** how does the size of the two graphs grow with the number of steps? (`get_concrete_function` makes the
# graph for one shape of input.)

# %%
def operations(layer, steps):
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec((batch, steps, features))).graph
    inside = graph.as_graph_def().library.function                 # the inside of a loop stands here, once
    return len(graph.get_operations()) + sum(len(body.node_def) for body in inside)


sizes = np.array([5, 10, 20, 40, 80])
nodes = {name: [operations(way, int(T)) for T in sizes] for name, way in (("a loop", layer), ("unroll=True", unrolled))}
plots.lines(sizes, nodes, models=["simple", "baseline"], marker="o", title="Unrolled, the graph grows with every step",
            xlabel="steps T", ylabel="operations in the graph")
growth = np.diff(nodes["unroll=True"]) / np.diff(sizes)
claim("The graph of the loop has one size for all lengths", len(set(nodes["a loop"])) == 1,
      f"{nodes['a loop'][0]} operations at T = 5 and at T = 80")
claim("The unrolled graph grows by the same number of operations with every step", len(set(growth)) == 1 and growth[0] > 0,
      f"{growth[0]:.0f} a step, {nodes['unroll=True'][-1]} at T = 80")

# %% [markdown]
# A large graph takes long to build, and `unroll=True` needs to know the number of steps beforehand. Keras' documentation gives
# its benefit and its price: it can be faster, takes more memory, and suits short sequences only. The default is `unroll=False`.

# %% [markdown]
# ## One set of weights
# The unrolled network is a feedforward network of 12 layers, with a new input at every layer. What distinguishes it is that all
# layers are *equal*. We build it with 12 cells that do not share anything, and give each a copy of the weights.
#
# **Before you run it:** will it give the same states? How many weights does it have (3 features, 5 units)? And a dense layer
# that computes all 12 states from all 12 inputs?

# %%
copies = [keras.layers.SimpleRNNCell(units) for _ in range(steps)]
h, copied = np.zeros((batch, units), "float32"), []
for t, one_cell in enumerate(copies):
    one_cell.build((batch, features))
    one_cell.set_weights(layer.get_weights())
    h, _ = one_cell(x[:, t], [h])                                  # (4, 3), (4, 5) → (4, 5)
    copied.append(h)
flat = keras.Sequential([keras.Input((steps, features)), keras.layers.Flatten(), keras.layers.Dense(steps * units)])

apart = np.abs(np.stack(copied, axis=1) - states).max()            # 12 × (4, 5) → (4, 12, 5)
claim("Twelve cells with copies of the weights give the layer's states", apart < 1e-6, f"largest difference {apart:.0e}")
shared = layer.count_params()
owned, dense = sum(one_cell.count_params() for one_cell in copies), flat.count_params()
claim("They have twelve times the weights, the dense layer more still", owned == steps * shared and dense > owned,
      f"{shared} shared, {owned} in copies, {dense:,} dense")

# %% [markdown]
# With $T$ steps, the copies need $T \cdot 45$ weights and the dense layer $(3T + 1) \cdot 5T$: 15 million at 1000 steps. Shared,
# there are 45 at any length.
#
# Sharing is an assumption: *the rule is the same at every step*. If it is true, every step of every sequence is a training
# example for the same 45 weights, and what was learned at step 3 is known at step 300. If it is not true (Sundays differ from
# Mondays), do not give up sharing: tell the cell which day it is, as one more feature.

# %% [markdown]
# ## One model, five steps or five hundred
# Nothing in the loop knows $T$. So one layer must be able to read any length.
#
# **Before you run it:** the first five steps of both sequences are the same. Will their states be the same?

# %%
long = rng.normal(size=(batch, 500, features)).astype("float32")
of_five, of_many = np.array(layer(long[:, :5])), np.array(layer(long))
print("weights  ", [weight.shape for weight in layer.get_weights()])
print("5 steps  ", long[:, :5].shape, "→", of_five.shape)
print("500 steps", long.shape, "→", of_many.shape)
apart = np.abs(of_many[:, :5] - of_five).max()
claim("The same weights read 5 and 500 steps, and the first five states agree", apart < 1e-6, f"largest difference {apart:.0e}")

# %% [markdown]
# That it *runs* on 500 steps does not say that it is *good* at 500 steps. In lesson 01 a network trained on 20 steps also read 15
# and 25 well. At the end of this lesson you will see one that drifts away from the truth.
#
# And the first five states did not change although 495 steps came after them.

# %% [markdown]
# ## What can an output depend on?
# Follow the arrows from $x_3$ in the unrolled graph: what can it reach?

# %%
plots.reachable(6, 3, title="$x_3$ reaches the states from step 3 on, and no earlier one")
plt.show()

# %% [markdown]
# We test it in two ways. First a nudge: we change the input of step 7 by a thousandth and watch the states.
#
# **Before you run it:** which of $h_1 \dots h_{12}$ will move?

# %%
nudged = x.copy()
nudged[:, 6] += 1e-3                                               # (4, 12, 3): step 7 only
moved = np.abs(np.array(layer(nudged)) - states).max(axis=(0, 2))  # (12,)
plots.stems(moved, highlight=7, xlabel="step t", ylabel="largest change of $h_t$", title="A nudge at step 7 moves no earlier state")
claim("No state before the nudge moves", (moved[:6] == 0).all(), f"largest change {moved[:6].max():.0e}")
claim("The state of the nudged step moves", moved[6] > 1e-4, f"by {moved[6]:.0e}")

# %% [markdown]
# A nudge tests one step. Automatic differentiation gives all pairs at once: $dh_t/dx_s$, the **total** derivative of every state
# with respect to every input (total: through all states in between, lesson 04). Each is a 5 × 3 matrix, a number for each
# unit and feature; we draw its size, the norm. (A backward pass gives the gradient of *one* number. So we feed one copy of the
# sequence for each number of the output, and take from each copy its own number: one pass, all derivatives.)
#
# **Before you run it:** what will the picture look like, one row for each output, one column for each input? And that of a
# **bidirectional** layer, which also reads the sequence from the end? (It is a new layer with random weights of its own.)

# %%
def influence(layer):
    wide = layer(x[:1]).shape[-1]                                  # numbers in one output
    repeated = tf.repeat(x[:1], steps * wide, axis=0)              # (12 · wide, 12, 3)
    own = tf.reshape(tf.eye(steps * wide), (steps * wide, steps, wide))
    with tf.GradientTape() as tape:
        tape.watch(repeated)
        total = tf.reduce_sum(layer(repeated) * own)               # of each copy its own number
    jacobian = np.array(tape.gradient(total, repeated)).reshape(steps, wide, steps, features)
    return np.linalg.norm(jacobian.transpose(0, 2, 1, 3), axis=(2, 3))         # (12, 12): a norm for each t and s


both_ways = keras.layers.Bidirectional(keras.layers.SimpleRNN(units, return_sequences=True))
forwards, bidirectional = influence(layer), influence(both_ways)

# %%
figure, panel = plt.subplots(1, 2, figsize=(7.4, 3.5))
ticks = [str(t) if t % 3 == 0 else "" for t in range(1, steps + 1)]
with np.errstate(divide="ignore"):
    sizes_of = [np.where(norms > 0, np.log10(norms), np.nan) for norms in (forwards, bidirectional)]
for ax, norms, title in zip(panel, sizes_of, ("Recurrent: no later input", "Bidirectional: every input"), strict=True):
    plots.heat(norms, rows=ticks, columns=ticks, title=title, xlabel="input step s", ylabel="output step t", ax=ax)
    ax.images[0].set_clim(np.nanmin(sizes_of), np.nanmax(sizes_of))
figure.colorbar(panel[1].images[0], ax=panel, label="log₁₀ of the norm; white: exactly 0")
later = np.triu_indices(steps, k=1)
claim("No output of the recurrent layer depends on a later input", (forwards[later] == 0).all(),
      f"{(forwards[later] == 0).sum()} of {len(later[0])} pairs exactly 0")
claim("Each depends on its own and on every earlier input", (forwards[np.tril_indices(steps)] > 0).all(),
      f"smallest norm {forwards[np.tril_indices(steps)].min():.0e}")
claim("Every output of the bidirectional layer depends on every input", (bidirectional > 0).all(),
      f"smallest norm {bidirectional.min():.0e}")

# %% [markdown]
# This is **causality**: $dh_t/dx_s = 0$ for every $s > t$. It is no property of trained weights. It holds for all weights,
# because there is no arrow. So a recurrent layer with an output at every step can answer while the sequence is still coming in,
# and can be trained to give the next value at each step. A bidirectional one can do neither: it cannot label step $t$ before the
# end has come, and asked for the next value at each step it would read the answer. (What it can do: label the words of a
# finished sentence, or forecast what follows a finished window.)
#
# To the lower left the influence changes with the distance. Whether it fades or grows decides what a network can learn: lesson
# 05.

# %% [markdown]
# ## Padding that changes nothing
# A batch of sequences of different length is padded, and a **mask** marks the real steps. "The mask takes care of it", one
# reads. Of what, exactly? We take four sequences, run each alone, then pad them with 99, once at the end and once in front.
#
# **Before you run it:** what does the layer give at the padded steps: zeros, the last output, something wild?

# %%
lengths = np.array([12, 4, 7, 9])                                  # real steps of the four sequences
real = [sequence[:length] for sequence, length in zip(x, lengths, strict=True)]
alone = np.concatenate([np.array(layer(sequence[np.newaxis]))[0] for sequence in real])         # (32, 5): all real steps
place = np.arange(steps)
masks = {"end": place < lengths[:, None], "front": place >= steps - lengths[:, None]}           # each (4, 12)
padded, masked = {}, {}
for side, padding in (("end", "post"), ("front", "pre")):
    padded[side] = keras.utils.pad_sequences(real, padding=padding, value=99, dtype="float32")  # (4, 12, 3)
    masked[side] = np.array(layer(padded[side], mask=masks[side]))                              # (4, 12, 5)
    apart = np.abs(masked[side][masks[side]] - alone).max()
    claim(f"Padded at the {side} and masked, no real step changes", apart < 1e-6, f"largest difference {apart:.0e}")

# %%
figure, panel = plt.subplots(1, 2, figsize=(7.2, 3.0), sharey=True)
for ax, side, title in zip(panel, masks, ("Padded at the end: repeated", "Padded in front: zeros"), strict=True):
    of_unit_1 = masked[side][1, :, 0]                              # (12,): the second sequence, 4 real steps
    plots.stems(of_unit_1, highlight=place[masks[side][1]] + 1, title=title, xlabel="step (squares: real)", ylabel="", ax=ax)
panel[0].set_ylabel("output of unit 1")
claim("Padded steps at the end repeat the last real output", (masked["end"][1, 4:] == masked["end"][1, 3]).all(),
      "difference 0 at 8 steps")
claim("Padded steps in front give 0", (masked["front"][1, :8] == 0).all(), f"largest {np.abs(masked['front'][1, :8]).max()}")
both = np.array(both_ways(padded["end"], mask=masks["end"]))       # (4, 12, 10)
claim("Inside Bidirectional all padded steps give 0", (both[~masks["end"]] == 0).all(),
      f"largest {np.abs(both[~masks['end']]).max()} at {(~masks['end']).sum()} steps")

# %% [markdown]
# So Keras does this at a masked step: the *state* stays as it is, the *output* of the last real step is repeated, and as long
# as there was none, the output is 0. Hence the last output (`return_sequences=False`) is right with either padding. The 99s did
# not matter. Inside `Bidirectional`, which sets `zero_output_for_mask`, the outputs of all padded steps are 0. (Do not rely on
# padded outputs of an LSTM or GRU on a GPU: what NVIDIA's cuDNN gives there we have not tested.)
#
# **Before you run it:** and if you forget the mask? Which real steps change when the padding stands at the end? Which when it
# stands in front?

# %%
bare = {side: np.array(layer(padded[side])) for side in padded}                                 # no mask: (4, 12, 5)
changed = {side: np.abs(bare[side][masks[side]] - alone).max() for side in bare}
last = np.cumsum(lengths) - 1                                      # place of each sequence's last step in `alone`
last_apart = np.abs(bare["end"][1:, -1] - alone[last[1:]]).max(axis=-1)    # (3,): the sequences with padding
claim("Without a mask, padding at the end changes no real step", changed["end"] < 1e-6, f"by {changed['end']:.0e}")
claim("But the last output is then that of the padding", (last_apart > 1e-3).all(), f"off by {last_apart.min():.2f} or more")
claim("Without a mask, padding in front changes real steps", changed["front"] > 1e-3, f"by {changed['front']:.2f}")

# %% [markdown]
# The first is causality again: what comes later cannot change what came before.

# %% [markdown]
# ### The loss: right in a batch, wrong over batches
# Take a task where the error grows with the length: *how much is the sum so far?* The network is untrained, which makes no
# difference to what we want to know. 48 sequences are short, 16 are long, as questions and answers are. First all 64 in one
# batch.

# %%
many = np.concatenate([rng.integers(3, 9, size=48), rng.integers(40, 61, size=16)])             # (64,): steps of each
amounts = [rng.normal(size=(length, 1)).astype("float32") for length in many]
x_sum = keras.utils.pad_sequences(amounts, padding="post", value=99, dtype="float32")           # (64, longest, 1)
y_sum = np.cumsum(x_sum, axis=1)                                   # beyond the end: nonsense, to be ignored
is_real = np.arange(x_sum.shape[1]) < many[:, np.newaxis]          # (64, longest)
adder = keras.Sequential([keras.layers.Masking(99.0), keras.layers.SimpleRNN(8, return_sequences=True), keras.layers.Dense(1)])
adder.compile(loss="mse", metrics=["mse"])
error = (np.array(adder(x_sum)) - y_sum)[..., 0] ** 2              # (64, longest)
by_steps = error[is_real].mean()

one_batch = adder.evaluate(x_sum, y_sum, batch_size=64, verbose=0)[0]
x_wide, y_wide = (np.pad(a, ((0, 0), (0, 40), (0, 0)), constant_values=99) for a in (x_sum, y_sum))     # 40 more steps
wider_batch = float(adder.compute_loss(y=y_wide, y_pred=adder(x_wide)))
claim("In one batch the masked loss is the mean over all real steps", abs(one_batch / by_steps - 1) < 1e-4,
      f"{one_batch:.3f} and {by_steps:.3f}")
claim("Forty more padded steps do not change it", abs(wider_batch / one_batch - 1) < 1e-4, f"{wider_batch:.3f}")

# %% [markdown]
# Now in three batches of 24, 24 and 16, once sorted by length (**bucketing**, lesson 01) and once mixed. `evaluate` returns the
# loss and, as `metrics=["mse"]` asks for, the same quantity as a metric.
#
# **Before you run it:** same network, same sequences. Will the three losses be the same? Will the metrics?

# %%
def in_batches(order):
    loss, metric = adder.evaluate(x_sum[order], y_sum[order], batch_size=24, verbose=0)
    groups = np.split(order, [24, 48])                             # (24,), (24,), (16,)
    of_batches = [error[group][is_real[group]].mean() for group in groups]     # each batch: mean over its real steps
    return loss, metric, np.average(of_batches, weights=[24, 24, 16]), np.mean(of_batches)


by_length, mixed = in_batches(np.argsort(many)), in_batches(rng.permutation(64))
bars = {"mean over all real steps": by_steps, "loss, one batch": one_batch, "loss, three batches, mixed": mixed[0],
        "loss, three batches, by length": by_length[0], "metric, three batches, by length": by_length[1]}
plots.bars(bars, models=["truth"] + 4 * ["simple"], form="{:.2f}", title="The loss depends on how the batches are cut",
           xlabel="mean squared error")
claim("Cut by length, the loss of the same network on the same data is less than two thirds",
      by_length[0] < 2 / 3 * by_steps, f"{by_length[0]:.2f}, mean over all real steps {by_steps:.2f}")
claim("It is the mean of the batches' losses, each counted by its sequences",
      abs(by_length[0] / by_length[2] - 1) < 1e-4 and abs(mixed[0] / mixed[2] - 1) < 1e-4 and by_length[3] > 1.05 * by_length[0],
      f"{by_length[2]:.2f} and {mixed[2]:.2f}; the plain means are {by_length[3]:.2f} and {mixed[3]:.2f}")
claim("The metric counts steps, however the batches are cut",
      all(abs(result[1] / by_steps - 1) < 1e-4 for result in (by_length, mixed)), f"{by_length[1]:.2f} and {mixed[1]:.2f}")

# %% [markdown]
# `evaluate` weights a batch by its number of *sequences*. Two of the three batches by length hold short, easy sequences, and
# their few steps count three quarters. A metric adds up errors and steps over all batches and divides once. So **report the
# metric**. `fit` has the same habit: a step in a batch of short sequences pulls harder at the weights than one in a batch of
# long ones.
#
# One more trap. Some pass the mask as `sample_weight` instead. Then the padded steps weigh 0, but they are still *counted*,
# unless you ask for `reduction="mean_with_sample_weight"`. And a metric must stand in `weighted_metrics`.

# %%
unmasked = keras.Sequential(adder.layers[1:])                      # the same two layers, no Masking in front
weight, predicted = is_real.astype("float32"), unmasked(x_sum)
usual, cured = (float(keras.losses.MeanSquaredError(reduction=how)(y_sum, predicted, sample_weight=weight))
                for how in ("sum_over_batch_size", "mean_with_sample_weight"))         # the first is the default
unmasked.compile(loss="mse", metrics=["mse"], weighted_metrics=["mse"])
reported = unmasked.test_on_batch(x_sum, y_sum, sample_weight=weight, return_dict=True)
share = is_real.mean()
claim("With the mask as sample_weight the loss shrinks with the share of real steps",
      abs(usual / (share * by_steps) - 1) < 1e-4, f"{usual:.2f} = {share:.2f} × {by_steps:.2f}")
claim("With the other reduction it is the mean over all real steps", abs(cured / by_steps - 1) < 1e-4, f"{cured:.2f}")
claim("So is a metric in weighted_metrics; one in metrics counts all padded steps",
      abs(reported["weighted_mse"] / by_steps - 1) < 1e-4 and reported["mse"] > 10 * by_steps,
      f"{reported['weighted_mse']:.2f} and {reported['mse']:,.0f}")

# %% [markdown]
# ## Streaming: a sequence in chunks
# *A good place for a break: half of the lesson is done, and what follows needs only the layer of the first section.*
#
# Sensors, microphones and texts of a million characters do not come as one array. The graph says where it can be cut: between
# two steps only the state passes. So whoever keeps the state can stop and go on later.

# %%
plots.streamed([3, 3, 3], title="The state carries everything that the next chunk needs")
plt.show()

# %% [markdown]
# **Before you run it:** we feed 24 steps whole, and in chunks of 8 with the state carried over. How much will differ?

# %%
stream = rng.normal(size=(batch, 24, features)).astype("float32")
whole = np.array(layer(stream))                                    # (4, 24, 5)
with_state = twin(layer, return_state=True)
h, pieces = None, []                                               # None: zeros
for first in range(0, 24, 8):
    piece, h = with_state(stream[:, first : first + 8], initial_state=h)       # (4, 8, 5), (4, 5)
    pieces.append(piece)
apart = np.abs(np.concatenate(pieces, axis=1) - whole).max()       # 3 × (4, 8, 5) → (4, 24, 5)
claim("Chunks with a carried state give the whole sequence", apart < 1e-6, f"largest difference {apart:.0e}")

# %% [markdown]
# Keras can keep the state for you: `stateful=True`. Then *you* say where a sequence ends, with `reset_state()`. That can go
# wrong in two ways. Either a new sequence begins and nobody resets. Or somebody resets after every chunk.
#
# **Before you run it:** the layer reads the same 24 steps twice without a reset. At which steps will the second reading differ?
# And at which, if every chunk starts from zero?

# %%
stateful = twin(layer, stateful=True)
readings = [np.array(stateful(stream)) for _ in range(2)]          # not reset in between
stateful.reset_state()
readings.append(np.array(stateful(stream)))
right, forgotten, again = (np.abs(reading - whole).max(axis=(0, 2)) for reading in readings)    # each (24,)
claim("The first reading is right, and so is one after a reset", max(right.max(), again.max()) < 1e-6,
      f"largest difference {max(right.max(), again.max()):.0e}")
restarted = []
for first in range(0, 24, 8):
    stateful.reset_state()                                         # before every chunk
    restarted.append(stateful(stream[:, first : first + 8]))
unwanted = np.abs(np.concatenate(restarted, axis=1) - whole).max(axis=(0, 2))  # (24,)

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 4.6), sharex=True)
plots.stems(forgotten, ylabel="error", xlabel="", title="Reset forgotten: wrong from the first step", ax=panel[0])
plots.stems(unwanted, highlight=[9, 17], ylabel="error", xlabel="step (dotted: where a chunk ends)",
            title="Reset too often: right at first, wrong after every border", ax=panel[1])
for ax in panel:
    ax.vlines([8.5, 16.5], 0, 1, transform=ax.get_xaxis_transform(), color=plots.PALETTE["baseline"], linestyle=":")
claim("A forgotten reset is worst at the beginning", forgotten[:8].max() > 2 * forgotten[-8:].max() and forgotten[0] > 0.05,
      f"error {forgotten[:8].max():.2f} in the first 8 steps, {forgotten[-8:].max():.0e} in the last 8")
claim("Resets at every chunk leave the first chunk right", unwanted[:8].max() < 1e-6, f"largest error {unwanted[:8].max():.0e}")
claim("They make the first step of every other chunk wrong", min(unwanted[8], unwanted[16]) > 0.05,
      f"{unwanted[8]:.2f} and {unwanted[16]:.2f}")

# %% [markdown]
# Remember the two symptoms. **Forgotten:** the same call on the same data gives another answer, and the order of your test set
# matters. **Unwanted:** plot the loss by step, and it jumps at every chunk's border. A third way to get it wrong: `fit` shuffles
# by default. A stateful layer then gets the chunks in random order, and every state meets a stranger. Lesson 09 lines the
# batches up.

# %% [markdown]
# ## What the loop costs
# $h_{12}$ waits for $h_{11}$, which waits for $h_{10}$, … A **convolution** over time also computes an output for every step,
# each from a few neighbouring inputs, but no output waits for another. To compare fairly we take one with width 2: $\tanh(x_t
# W_1 + x_{t-1} W_2 + b)$. Where inputs and units are equal in number, it has as many weights and as many multiplications as a
# `SimpleRNN`.
#
# **Before you run it:** how long is the longest chain of steps that wait for each other, in each of the two graphs?

# %%
recurrent = keras.layers.SimpleRNN(32, return_sequences=True)
convolution = keras.layers.Conv1D(32, kernel_size=2, padding="causal", activation="tanh")
for reader in (recurrent, convolution):
    reader.build((8, None, 32))
unrolled_32 = keras.layers.SimpleRNN(32, return_sequences=True, unroll=True)


def longest_chain(layer, steps):
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec((8, steps, 32))).graph
    depth = {}                                                     # of each operation: tanh's on the longest way to it
    for operation in graph.get_operations():
        above = max((depth[tensor.op.name] for tensor in operation.inputs), default=0)
        depth[operation.name] = above + (operation.type == "Tanh")
    return max(depth.values())


chains = {T: (longest_chain(unrolled_32, T), longest_chain(convolution, T)) for T in (5, 10, 20)}
print("T: chain of the RNN, of the convolution", chains)
claim("The two layers have equally many weights", recurrent.count_params() == convolution.count_params(),
      f"{recurrent.count_params():,} each")
claim("The chain of the RNN is as long as the sequence, that of the convolution is 1",
      all(chain == (T, 1) for T, chain in chains.items()), f"{chains[20][0]} and {chains[20][1]} at T = 20")

# %% [markdown]
# What does it cost here? We time both layers in turn and keep the fastest of several times, which other programs have disturbed
# least: with 32 units and a batch of 8, and with 128 units and a batch of 64.
#
# **Before you run it:** both do the same multiplications, and this machine has few cores. Will the chain matter?

# %%
def fastest(sequences, width, lengths_timed, turns):
    read = {"SimpleRNN": keras.layers.SimpleRNN(width, return_sequences=True),
            "convolution": keras.layers.Conv1D(width, kernel_size=2, padding="causal", activation="tanh")}
    for name, reader in read.items():
        reader.build((sequences, None, width))
        one_graph = [tf.TensorSpec((sequences, None, width))]      # for all lengths
        read[name] = tf.function(reader, input_signature=one_graph)
    inputs = [tf.constant(rng.normal(size=(sequences, T, width)), tf.float32) for T in lengths_timed]
    clock = {name: np.zeros((turns, len(inputs))) for name in read}
    for turn, i in np.ndindex(turns, len(inputs)):
        for name, reader in read.items():
            begin = time.perf_counter()
            np.array(reader(inputs[i]))                            # wait for the result
            clock[name][turn, i] = 1000 * (time.perf_counter() - begin)
    return {name: spent.min(axis=0) for name, spent in clock.items()}          # milliseconds for each length


timed = {(8, 32): np.array([250, 500, 1000, 2000]), (64, 128): np.array([100, 200, 400])}       # (batch, units): T
spent = {scale: fastest(*scale, timed[scale], turns) for scale, turns in (((8, 32), 12), ((64, 128), 6))}

# %%
figure, panel = plt.subplots(1, 2, figsize=(7.4, 3.2))
for ax, (scale, milliseconds) in zip(panel, spent.items(), strict=True):
    plots.lines(timed[scale], milliseconds, models=["simple", "conv"], marker="o", xlabel="steps T", ylabel="milliseconds",
                title=f"Batch {scale[0]}, {scale[1]} units", ax=ax)
    ax.set_ylim(bottom=0)
grows = [passes[-1] / passes[0] for passes in spent[8, 32].values()]
small, large = (np.ptp(of["SimpleRNN"]) / np.ptp(of["convolution"]) for of in spent.values())  # ratios of the slopes
if tf.config.list_physical_devices("GPU"):
    print("a GPU is in use: the claims about time are made for CPUs")
else:
    claim("More steps cost both layers time", grows[0] > 2 and grows[1] > 1,
          f"8 times the steps, {grows[0]:.1f} and {grows[1]:.1f} times the time")
    claim("In the small layer one step more costs the RNN more than twice what it costs the convolution", small > 2,
          f"{small:.0f} times")
    claim("In the large layer that ratio is less than half as large", large < small / 2, f"{large:.1f} times")

# %% [markdown]
# On a CPU the time grows with $T$ for both: somebody has to do the multiplications. The RNN does them in $T$ portions with a fixed
# price each, the convolution in one. In a small layer that price decides, in a large one the multiplications, which both have.
#
# A GPU could do thousands of steps at once, but only one of the RNN can be in work. So we expect the chain to decide there. We have
# not measured it; Bradbury et al. (2017) moved most of a recurrent network's work into convolutions and report up to 16 times the
# speed of an LSTM. Lesson 19 gets rid of the chain in another way.
#
# Mind what the comparison does *not* say: this convolution sees two steps. The price of seeing far without a chain is depth,
# width, or attention.

# %% [markdown]
# ## A recurrent network as a dynamical system
# Cut all inputs off. What is left of $h_t = \tanh(h_{t-1} W_h + b)$ is a **dynamical system**: the state now decides the state
# next. Take a pendulum of one metre without friction, at an angle $\theta$ from hanging down, in radians (1 rad is 57°). With
# $\dot\theta$ for its angular velocity and $\ddot\theta$ for its acceleration, $\ddot\theta = -9.81 \sin\theta$. Its **amplitude**
# $A$ is the angle at which it turns. There all its energy is height, so $\cos A = \cos\theta - \dot\theta^2 / (2 \cdot 9.81)$.
#
# The textbook replaces $\sin\theta$ by $\theta$, which makes it linear. Then every swing (there and back) takes 2.0 seconds.
# **Before you look:** does a wide swing of the true pendulum take longer or shorter than a narrow one? ($\sin\theta$ is smaller
# than $\theta$: is the pull stronger or weaker?)

# %%
interval, trained_steps, test_steps = 0.1, 40, 400                 # seconds; we train on 4 s and test on 40 s
x_start, y_path = datasets.pendulum(examples=4000, steps=trained_steps, seed=seed).train        # (2800, 2), (2800, 40, 2)
start_unseen, path_unseen = datasets.pendulum(examples=4000, steps=test_steps, largest=2.8, seed=seed + 1).test
amplitude = np.arccos(np.cos(start_unseen[:, 0]) - start_unseen[:, 1] ** 2 / (2 * 9.81))        # (600,) rad: A
seconds_on = interval * np.arange(1, test_steps + 1)              # (400,) seconds
narrow, wide = np.argmin(amplitude), np.argmin(np.abs(amplitude - 2.0))
swings = {f"amplitude {amplitude[i]:.1f} rad": path_unseen[i, :80, 0] for i in (narrow, wide)}
ax = plots.lines(seconds_on[:80], swings, models=["baseline", "truth"], title="A wide swing takes longer",
                 xlabel="seconds", ylabel="angle (rad)")
ax.set_ylim(-2.3, 3.3)
ax.legend(loc="upper right", ncols=2)
crossings = [int((np.diff(np.sign(path_unseen[i, :, 0])) != 0).sum()) for i in (narrow, wide)]
claim("In 40 seconds the wide swing passes the bottom less often", crossings[1] < 0.9 * crossings[0],
      f"{crossings[0]} times narrow, {crossings[1]} times wide")

# %% [markdown]
# No linear rule can do that: its rhythm does not depend on the amplitude. We let a network learn it from 2800 pieces of 4
# seconds, with amplitudes up to 2 rad (115°). It is told the start, angle and velocity, and makes its first state from it. From
# then on it gets zeros and **runs free**: whatever moves, moves by its own $W_h$ and $b$.

# %%
size = x_start.std(axis=0)                                         # (2,): to bring both to about 1


def silence(count, steps):
    return np.zeros((count, steps, 1), "float32")                  # a recurrent layer wants an input; this one is empty


start, nothing = keras.Input((2,)), keras.Input((None, 1))
h_first = keras.layers.Dense(64, activation="tanh")(start)         # (batch, 2) → (batch, 64): the first state
moving = keras.layers.SimpleRNN(64, return_sequences=True)(nothing, initial_state=h_first)      # (batch, time, 64)
simulator = keras.Model([start, nothing], keras.layers.Dense(2)(moving))       # → (batch, time, 2)
rate = keras.optimizers.schedules.CosineDecay(0.005, 30 * 28)      # smaller towards the end
simulator.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0), "mse")     # clipping: lesson 06
_ = simulator.fit([x_start / size, silence(2800, trained_steps)], y_path / size, epochs=30, batch_size=100, verbose=0,
                  callbacks=[progress(label="a pendulum")])

# %% [markdown]
# How long can we trust it? Call the time at which its angle is off by more than 0.3 rad (17°) for the first time the
# **horizon**. Four rivals start from the same angle and velocity. Each is a rule for one step of 0.1 s, run in a loop on its
# own output:
#
# - *nothing moves*: the next state is this state;
# - the *small-angle formula*, the textbook's linear pendulum, which knows gravity and length;
# - a *linear map*, fitted to the same data by least squares;
# - a *dense network* with two hidden layers, trained on the same data to give the change in the next step.
#
# **Before you run it:** order the five by horizon.

# %%
before = np.concatenate([x_start[:, np.newaxis], y_path[:, :-1]], axis=1).reshape(-1, 2)        # (112000, 2)
after = y_path.reshape(-1, 2)                                      # (112000, 2): one step later
now = keras.Input((2,))
hidden = keras.layers.Dense(64, activation="tanh")(keras.layers.Dense(64, activation="tanh")(now))
dense_step = keras.Model(now, now + keras.layers.Dense(2)(hidden))
rate = keras.optimizers.schedules.CosineDecay(0.005, 4 * 560)
dense_step.compile(keras.optimizers.Adam(rate), "mse")
_ = dense_step.fit(before / size, after / size, epochs=4, batch_size=200, verbose=0, callbacks=[progress(label="one step")])

w = np.sqrt(9.81)                                                  # θ'' = −9.81 θ turns (θ, θ'/w) by w rad a second
turn_by = np.array([[np.cos(w * interval), -w * np.sin(w * interval)], [np.sin(w * interval) / w, np.cos(w * interval)]])
fitted = np.linalg.lstsq(before, after, rcond=None)[0]             # (2, 2)
rules = {"nothing moves": lambda s: s, "small-angle formula": lambda s: s @ turn_by, "linear map": lambda s: s @ fitted,
         "dense step": lambda s: np.array(dense_step(s / size)) * size}

# %%
def in_a_loop(rule, state):
    path = [state]                                                 # (n, 2)
    for _ in range(test_steps):
        path.append(rule(path[-1]))
    return np.stack(path[1:], axis=1)                              # → (n, 400, 2)


def horizon(path):
    wrong = np.abs(path[..., 0] - path_unseen[..., 0]) > 0.3       # (n, 400)
    return interval * np.where(wrong.any(axis=1), wrong.argmax(axis=1) + 1, test_steps)         # 40 s: never wrong


free = np.array(simulator([start_unseen / size, silence(len(start_unseen), test_steps)])) * size
paths = {"RNN": free, **{name: in_a_loop(rule, start_unseen) for name, rule in rules.items()}}  # each (600, 400, 2)
horizons = {name: horizon(path) for name, path in paths.items()}   # each (600,) seconds
known = amplitude < 2.0                                            # the amplitudes that were trained on
median = {name: float(np.median(seconds[known])) for name, seconds in horizons.items()}
plots.bars(median, models=["simple", "baseline", "bag", "baseline", "dense"], form="{:.1f}",
           reference=("length of the training pieces", interval * trained_steps),
           title="Both networks outlast every linear rule", xlabel="median horizon (s)")
plt.show()

# %%
linear = max(median[name] for name in ("nothing moves", "small-angle formula", "linear map"))
for name in ("RNN", "dense step"):
    claim(f"The {name} simulates more than three times as long as the best linear rule", median[name] > 3 * linear,
          f"{median[name]:.1f} s against {linear:.1f} s")
claim("The RNN lasts longer than the pieces that it was trained on", median["RNN"] > interval * trained_steps,
      f"{median['RNN']:.1f} s, trained on {interval * trained_steps:.0f} s")
claim("The dense step in a loop does not fall behind: it lasts more than half as long as the RNN",
      median["dense step"] > 0.5 * median["RNN"], f"{median['dense step']:.1f} s against {median['RNN']:.1f} s")
left = np.mean(horizons["RNN"][known] < interval * test_steps)
claim("Within 40 seconds the RNN has left more than half of the swings", left > 0.5, f"{100 * left:.0f} %")

# %% [markdown]
# In the kept figure the dense step lasts longer than the RNN. Not so with every seed, and so we claim less. Run on its own output,
# it *is* a recurrent network, with two numbers for a state: angle and velocity. In training it was handed the true state, and for
# the next step nothing else counts. Where you can measure the whole state, learn the step.
#
# Hidden states are for what you cannot measure. Suppose that only the angle were recorded:

# %%
bottom = np.abs(before[:, 0]) < 0.05                               # pieces of data that say the same: "it hangs down"
to_the_right = np.mean(after[bottom, 0] > before[bottom, 0])
from_velocity = np.mean((after[bottom, 0] > before[bottom, 0]) == (before[bottom, 1] > 0))
claim("From the angle alone nobody can tell where a pendulum at the bottom goes next", 0.4 < to_the_right < 0.6,
      f"{100 * to_the_right:.0f} % of {bottom.sum():,} go to the right")
claim("With the velocity one can", from_velocity > 0.95, f"right for {100 * from_velocity:.0f} %")

# %% [markdown]
# A rule for one step that sees the angle alone has no chance here, dense or not. A recurrent network can keep in its state what
# it saw before. (Or you give a dense network the last *two* angles: then you have guessed how much past it takes.)
#
# ### How it goes wrong
# Take all swings that are like those in training. How wide are they at the end? We measure the amplitude in the last 6 of the 40
# seconds: half the way from the lowest angle to the highest.
#
# **Before you run it:** nothing in the equation of an RNN keeps energy. Will its swings die out, grow, or go on?

# %%
final = {name: np.ptp(path[known, -60:, 0], axis=1) / 2 for name, path in (("true", path_unseen), *paths.items())}
_, ax = plt.subplots(figsize=(7.0, 3.8))
for name, model, marker in (("RNN", "simple", "o"), ("dense step", "dense", "^")):
    ax.plot(amplitude[known], final[name], marker, color=plots.PALETTE[model], markersize=4, label=name)
ax.plot([0.3, 2.0], [0.3, 2.0], color=plots.PALETTE["truth"], linewidth=1, label="true")
ax.set(title="In the end the RNN knows only a few amplitudes", xlabel="true amplitude (rad)", ylabel="after 34 to 40 s (rad)")
ax.legend(loc="upper left")


def in_three(values):                                              # the share in the three fullest bins of 0.1 rad
    return np.sort(np.histogram(values, np.arange(0, 3.3, 0.1))[0])[-3:].sum() / len(values)


claim("In the last six seconds three bins of 0.1 rad hold over half of the RNN's swings and under a third of the true ones",
      in_three(final["RNN"]) > 0.5 and in_three(final["true"]) < 1 / 3,
      f"{100 * in_three(final['RNN']):.0f} % of the RNN's, {100 * in_three(final['true']):.0f} % of the true ones")

# %% [markdown]
# The RNN forgets with how much energy each swing began. Its swings are drawn to a few that it can keep (**attractors**), where a
# pendulum keeps any. With the amplitude goes the rhythm, since a wide swing takes longer. (The figure below the slider, under
# *Try it*, shows three swings as they come apart.)
#
# Now horizons by amplitude. The network was trained on amplitudes below 2 rad. **Before you run it:** what will it do beyond?

# %%
edges = np.array([0.3, 0.7, 1.1, 1.5, 2.0, 2.4, 2.8])
group = np.digitize(amplitude, edges) - 1                          # (600,): 0 … 5
shown = ("RNN", "dense step", "small-angle formula", "linear map")
curves = {name: [np.median(horizons[name][group == k]) for k in range(6)] for name in shown}
ax = plots.lines((edges[1:] + edges[:-1]) / 2, curves, models=["simple", "dense", "bag", "baseline"], log="y", marker="o",
                 title="The networks are good where they were trained (white)", xlabel="amplitude (rad)", ylabel="median horizon (s)")
ax.axvspan(2.0, 2.8, color=plots.PALETTE["faint"], alpha=0.5, linewidth=0)     # not trained on
ax.set_ylim(0.1, 300)
ax.legend(loc="upper right", ncols=2)
for name in ("RNN", "dense step"):
    beyond = np.median(horizons[name][amplitude > 2.2])
    claim(f"On swings wider than any it was trained on, the horizon of the {name} falls below a third",
          beyond < median[name] / 3, f"{beyond:.1f} s beyond 2.2 rad, {median[name]:.1f} s below 2")
claim("For narrow swings the small-angle formula lasts more than three times as long as for all",
      curves["small-angle formula"][0] > 3 * median["small-angle formula"],
      f"{curves['small-angle formula'][0]:.1f} s below 0.7 rad, {median['small-angle formula']:.1f} s for all below 2")

# %% [markdown]
# You will read that recurrent networks are **universal approximators**. What is proved: for any system with a smooth rule, any
# accuracy, any *compact* set of starts (bounded, edges included) and any *finite* time there is an RNN that stays that close
# (Funahashi & Nakamura 1993 in continuous time, Schäfer & Zimmermann 2006 in steps). The theorem speaks of *some* RNN for each
# set and time that you name, and not of how to find it. It says nothing of this one; the figures show where this one stops. (For
# all times there are such theorems when the system is stable, so that errors die out: Hanson & Raginsky 2020. Those of a
# pendulum without friction do not.)

# %% [markdown]
# ## Try it
# Copy 1 and 2 into a new cell below. 3 changes a cell above: run all cells again from there.
#
# 1. Does a GRU repeat its output at masked steps, too? `keras.layers.GRU(5, return_sequences=True)(padded["end"],
#    mask=masks["end"])[1, :, 0]`
# 2. Two recurrent layers on each other, 20 steps: by the arrows the chain is 21. Put
#    `keras.Sequential([keras.layers.SimpleRNN(32, return_sequences=True, unroll=True) for _ in range(2)])` into
#    `longest_chain(…, 20)`. It finds more: what does the second layer wait for in Keras, though no arrow asks for it?
# 3. With friction every swing ends at rest: `datasets.pendulum(…, damping=0.3)`, in both places. Who gains from it?
# 4. Move the slider: look at single swings, from narrow to wider than any in training.
#
# <details><summary>What 1 and 2 give</summary>
#
# 1: it does, from the fourth step on all numbers are equal. 2: 40. In Keras the second layer waits for the *last* step of the
# first, since a layer hands on its whole output at once.
# </details>

# %% tags=["nbval-ignore-output"]
import ipywidgets


def draw_swing(amplitude_rad, name="RNN", ax=None):
    i = np.argmin(np.abs(amplitude - amplitude_rad))
    until = horizons[name][i]
    plots.trajectories(seconds_on[:200], path_unseen[i, :200, 0], paths[name][i, :200, 0], name=name, ax=ax,
                       horizon=until if until < 20 else None, title=f"Amplitude {amplitude[i]:.1f} rad",
                       xlabel="seconds", ylabel="angle (rad)")


def redraw(amplitude_rad, name):
    draw_swing(amplitude_rad, name)
    plt.show()


slider = ipywidgets.FloatSlider(1.0, min=0.3, max=2.8, step=0.1, continuous_update=False)
_ = ipywidgets.interact(redraw, amplitude_rad=slider, name=list(paths))

# %%
figure, panel = plt.subplots(3, 1, figsize=(7.0, 6.6), sharex=True)
for ax, wanted in zip(panel, (0.5, 1.5, 2.5), strict=True):
    draw_swing(wanted, ax=ax)
for ax in panel[:2]:
    ax.set_xlabel("")
plt.show()

# %% [markdown]
# ## Check yourself
#
# **1. You unroll a layer over 100 steps instead of 10. How many weights does it have then?**
# <details><summary>Ten times as many: one cell a step.</summary>
#
# The graph has ten times as many nodes. They are copies of one cell and use the same weights.
# </details>
# <details><summary>As many as before.</summary>
#
# Yes. The number of weights depends on features and units alone.
# </details>
# <details><summary>As many as before with <code>unroll=False</code>, ten times as many with <code>unroll=True</code>.</summary>
#
# `unroll` changes how the graph is built, not what it computes, and not one weight.
# </details>
#
# **2. Your forecaster scores 99 %. It is a bidirectional layer with an output at every step, the target is the next value. What is wrong?**
# <details><summary>It reads the target.</summary>
#
# Yes. The layer that runs backwards has already seen the next value: it is an input of the step after.
# </details>
# <details><summary>Nothing: two directions know more than one.</summary>
#
# They do, and here one of them knows the answer. In use, the future is not there.
# </details>
# <details><summary>It has twice the weights, so it overfits.</summary>
#
# Overfitting would show on test data. This leak is in the test data as well.
# </details>
#
# **3. A batch is padded at the end, and the mask is forgotten. What is wrong?**
# <details><summary>Every output, because the padding gets into the state.</summary>
#
# It gets into the states *after* the last real step. No real step can see it.
# </details>
# <details><summary>The last output, and a loss that counts padded steps.</summary>
#
# Yes. The outputs of the real steps are right.
# </details>
# <details><summary>Nothing, padding at the end is harmless.</summary>
#
# To the real steps it is. But with `return_sequences=False` you read the state after the padding.
# </details>
#
# **4. Your loss is masked. You sort the test set by length to save time, and the test loss falls by a third. What has happened?**
# <details><summary>The network is better on sorted data.</summary>
#
# It gives the same outputs for the same sequences. The order of a test set cannot change them, unless a state is carried over.
# </details>
# <details><summary>Less padding, so fewer zeros in the mean.</summary>
#
# A masked loss leaves padding out in either case. (With `sample_weight` as mask it would *rise* with less padding.)
# </details>
# <details><summary>Short sequences now fill batches of their own, and a batch counts by its sequences.</summary>
#
# Yes. Their few steps get more weight. The metric has not changed.
# </details>
#
# **5. A network reads a stream in chunks of 100 steps. Its loss jumps at step 101, 201, 301, … and falls in between. What do you look for?**
# <details><summary>A reset, or a state that is not passed on, at every chunk.</summary>
#
# Yes. After each border it knows nothing and has to find its way again.
# </details>
# <details><summary>A forgotten reset at the beginning of the stream.</summary>
#
# That does harm at the first steps of a new sequence, once, not at every border.
# </details>
# <details><summary>Chunks that are too short.</summary>
#
# With the state carried over, the length of the chunks changes no output at all.
# </details>

# %% [markdown]
# ## Take-aways
# - The loop is a graph without loops, and all ways to run it give the same. *(claims: "The hand loop …", "Loop and unrolled …",
#   "The graph of the loop …")*
# - Shared weights: their number does not depend on the length, and one layer reads any length. *(claims: "They have twelve
#   times …", "The same weights read …")*
# - $dh_t/dx_s = 0$ for $s > t$, exactly; a bidirectional layer gives that up. *(claims: "No output of the recurrent layer …",
#   "Every output of the bidirectional layer …")*
# - Masked steps change no real step and repeat the last output (0 before the first real step). *(claims: "Padded at the end …",
#   "Padded steps at the end …", "Padded steps in front …")*
# - `evaluate` counts a batch by its sequences; report the metric, which counts steps. *(claims: "Cut by length …", "The metric
#   counts …")*
# - Carry the state between chunks, reset it between sequences. *(claims: "Chunks with a carried state …", "A forgotten reset …",
#   "Resets at every chunk …")*
# - The chain is T steps for an RNN, 1 for a convolution. On a CPU that costs most in small layers. *(claims: "The chain of the
#   RNN …", "In the small layer …", "In the large layer …")*
# - A network that runs on its own state or output is a dynamical system, good for the states it was trained on, for a finite
#   time. *(claims: "The RNN simulates …", "Within 40 seconds …", "In the last six seconds …", "On swings wider …")*
#
# **Exercises.** [Exercises 03](exercises/03_unrolling_through_time.ipynb): the loop, padding that does nothing, a stream in
# chunks, two means of one loss, what waits for what. The notebook says how many minutes each takes.
#
# ## Read on
# - A. M. Schäfer and H. G. Zimmermann, *Recurrent neural networks are universal approximators*, ICANN 2006: the theorem for
#   steps of time.
# - K. Funahashi and Y. Nakamura, *Approximation of dynamical systems by continuous time recurrent neural networks*, Neural
#   Networks 6 (1993): the theorem for continuous time, over a finite time.
# - J. Hanson and M. Raginsky, *Universal simulation of stable dynamical systems by recurrent neural nets*, L4DC 2020: when the
#   time need not be finite.
# - J. Bradbury, S. Merity, C. Xiong and R. Socher, *Quasi-recurrent neural networks*, ICLR 2017: how much of a recurrent network
#   can be taken out of the chain.
# - Keras' guide *Working with RNNs* (keras.io): `stateful`, `reset_state`, masking and `unroll` in its own words.
