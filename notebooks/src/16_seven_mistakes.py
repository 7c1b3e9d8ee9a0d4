# %% [markdown]
# # 16 · Seven mistakes
#
# **The loss does not fall, or it falls and the net is useless. Which of the usual mistakes is it, and how do you find out?**
#
# **You will be able to**
# - name seven mistakes in training recurrent networks by what they show, and say which of them show the same;
# - choose the one measurement that tells two of them apart;
# - mend each, and prove with a run beside the old one that it was this mistake;
# - work through a table of symptoms, first looks and mends when your own net fails.
#
# **You need** lessons [03](03_unrolling_through_time.ipynb), [05](05_vanishing_gradients.ipynb), [06](06_exploding_gradients.ipynb), [08](08_many_to_one.ipynb) and
# [12](12_lstm.ipynb). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from typing import NamedTuple

from rnncourse import datasets, measure, models, plots
from rnncourse.measure import claim
import keras
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 16])                            # not the numbers that a cell draws from its seed

# %% [markdown]
# ## The line-up
# A wrong shape stops a program. The mistakes below do not: Keras trains to the end, without a warning, and hands you a net that is no good. Seven people have trained one. Each has made one mistake of this list:
#
# - a plain RNN on a **long lag**;
# - a **state that is not reset** between sequences;
# - **padding** that is not masked;
# - **poor first weights**;
# - a **state too large** for the data;
# - **no clipping**;
# - steps treated as if they were **independent**.
#
# Four small tasks are enough to make them:
#
# - *Recall*, from lesson 05: one of eight symbols, then distractors; at the end, say the symbol.
# - *Padded* recall: the same with 6 to 12 steps, filled up with zeros to 32.
# - *Walk*: 10 random steps; is their sum above 0? There are 96 labels, and some 15 % of them are wrong, as labels are.
# - *Swing*: a pendulum's angle, ten times a second; by how much will it have changed at the next look?

# %%
class Task(NamedTuple):
    seen: tuple                                                    # inputs and targets to train on
    new: tuple                                                     # inputs and targets to test with
    loss: keras.losses.Loss
    guess: float                                                   # the loss of somebody who has not seen the inputs


cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
squared_error = keras.losses.MeanSquaredError()


def recall(steps):
    task = datasets.recall_first(steps=steps, seed=seed)
    (x, y), (x_new, y_new) = task.train, task.test                 # ids: 0 … 7 symbols, 8 … 15 distractors
    one_hot = np.eye(16, dtype="float32")
    return Task((one_hot[x], y), (one_hot[x_new], y_new), cross_entropy, np.log(8))

# %%
def padded(x, y, steps=32):
    real = np.arange(x.shape[1])[:, np.newaxis] < rng.integers(6, 13, size=(len(x), 1, 1))     # (n, 12, 1)
    return np.pad(x * real, ((0, 0), (0, steps - x.shape[1]), (0, 0))), y                      # (n, 32, 16)


def walk(count, wrong=0.15):
    x = rng.normal(size=(count, 10, 1)).astype("float32")
    higher, swapped = x.sum(axis=(1, 2)) > 0, rng.random(count) < wrong
    return x, (higher ^ swapped).astype("int64"), swapped


def swing(path, scale):
    angles = path[..., :1]                                         # (n, 31, 1): no speeds
    return angles[:, :-1], np.diff(angles, axis=1) / scale         # (n, 30, 1) each

# %%
lag_80, lag_19 = recall(81), recall(20)                            # the symbol is 80 or 19 steps before the answer
short = recall(12)
archive = Task(padded(*short.seen), padded(*short.new), cross_entropy, np.log(8))
*labelled, wrong = walk(96)                                        # inputs and labels; which of the labels are wrong
steps_up = Task(labelled, walk(1000)[:2], cross_entropy, np.log(2))
pendulum = datasets.pendulum(examples=2000, steps=31, seed=seed)
path, new_path = pendulum.train[1], pendulum.test[1]               # (n, 31, 2): angle and speed
typical = np.diff(path[..., :1], axis=1).std()                     # of the training paths, for both
film = Task(swing(path, typical), swing(new_path, typical), squared_error, 1.0)
x_shown = archive.seen[0][:6]
plots.padding(x_shown.any(axis=-1), title="Padded: six of the sequences (pale: padding)")
plt.show()

# %% [markdown]
# Each mistake is made by five nets, which differ in their first weights and in the order of their batches. (`measure.train_replicas` trains them side by side.) We note the loss of every update, in units of a
# *guess*: the loss of somebody who knows the targets' mean or frequencies, and has not seen the input. At the end the net meets new sequences.

# %%
class Run(NamedTuple):
    nets: list                                                     # five of them
    first: list                                                    # the weights they began with
    losses: np.ndarray                                             # (5, updates), a guess = 1
    lengths: np.ndarray                                            # (5, updates): of the gradient, before clipping
    new: np.ndarray                                                # (5,): loss on new sequences, a guess = 1


def train(nets, task, optimizer, updates, label):
    first = [net.get_weights() for net in nets]
    seen = measure.train_replicas(nets, *task.seen, seeds=range(10 * seed, 10 * seed + len(nets)), loss=task.loss,
                                  optimizer=optimizer, updates=updates, batch_size=32, label=label)
    new = [float(task.loss(task.new[1], net(task.new[0]))) for net in nets]
    return Run(nets, first, seen.losses / task.guess, seen.gradient_norms, np.array(new) / task.guess)


# %%
def five(features, outputs, *layers):
    """Five nets; each layer is a function that makes it, so that every net draws weights of its own."""
    return [keras.Sequential([keras.Input((None, features)), *(make() for make in layers), keras.layers.Dense(outputs)])
            for _ in range(5)]


def plain(units, **options):
    return lambda: keras.layers.SimpleRNN(units, **options)


def gru():
    return keras.layers.GRU(16)


def adam(rate):
    return keras.optimizers.Adam(rate, global_clipnorm=1.0)


def sgd(threshold):
    return keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=threshold)


# %%
def per_step():
    return keras.layers.Dense(32, activation="tanh")


made = {
    "long lag": train(five(16, 8, plain(24)), lag_80, adam(0.005), 225, "lag"),
    "no mask": train(five(16, 8, gru), archive, adam(0.01), 150, "padding"),
    "no clipping": train(five(16, 8, plain(32)), lag_19, sgd(None), 250, "clipping"),
    "large state": train(five(1, 2, plain(64)), steps_up, adam(0.01), 200, "size"),
    "independent": train(five(1, 1, per_step), film, adam(0.01), 100, "steps"),
}
normal = keras.initializers.RandomNormal(stddev=1.0, seed=keras.random.SeedGenerator(seed))
poor_and_sound = five(16, 8, plain(32, recurrent_initializer=normal)) + five(16, 8, plain(32))
both = train(poor_and_sound, lag_19, sgd(0.3), 250, "weights")     # ten nets: five poor, and five sound for later
made["poor weights"], sound = (Run(*(field[part] for field in both)) for part in (slice(5), slice(5, 10)))

# %% [markdown]
# One is missing: the state that is not reset. Its net is sound when training ends. It goes into service as `stateful=True` (lesson 03: the layer begins each call with the state that the last one left), answers one request
# after another, and nobody calls `reset_state()`.

# %%
masked = train(five(16, 8, keras.layers.Masking, gru), archive, adam(0.01), 150, "masked")
server = keras.Sequential([keras.Input(batch_shape=(50, 32, 16)), keras.layers.Masking(),
                           keras.layers.GRU(16, stateful=True), keras.layers.Dense(8)])


def serve(net, x, y, reset=False):
    """The loss of each of 8 requests in a row, a guess = 1: (8,). A request is a batch of 50 sequences."""
    server.set_weights(net.get_weights())
    server.layers[1].reset_state()
    losses = []
    for x_now, y_now in zip(x[:400].reshape(8, 50, 32, 16), y[:400].reshape(8, 50), strict=True):
        losses.append(float(cross_entropy(y_now, server.predict_on_batch(x_now))) / archive.guess)
        if reset:
            server.layers[1].reset_state()
    return np.array(losses)


in_service = np.array([serve(net, *archive.new) for net in masked.nets])           # (5 nets, 8 requests)
made["state kept"] = masked._replace(new=in_service.mean(axis=1))

# %% [markdown]
# **Before you run it:** here are the seven, in an order drawn at random. (Lines are means over 25 parts of the training.) Write down which panel you think is which.

# %%
def draw(ax, run, title, color="truth"):
    curves = run.losses.reshape(5, 25, -1).mean(axis=2)            # (5, 25)
    ax.plot(np.arange(25) / 25, curves.T, color=plots.PALETTE[color], linewidth=1.2)
    ax.plot(np.full(5, 1.07), run.new, "o", color=plots.PALETTE[color], markersize=6, alpha=0.6)
    ax.axhline(1, color=plots.PALETTE["baseline"], linestyle="--", linewidth=1)
    ax.set(title=title, ylim=(0, 4.5), xlim=(-0.04, 1.16), xticks=[0, 0.96], xticklabels=["start", "end"])


order = np.random.default_rng(3).permutation(sorted(made))         # the same for every seed of the lesson
letters = dict(zip(order, "ABCDEFG", strict=True))
figure, panel = plt.subplots(2, 4, figsize=(7.6, 4.4), sharey=True)
for ax, (name, letter) in zip(panel.flat, letters.items(), strict=False):
    draw(ax, made[name], letter)
for ax in panel[:, 0]:
    ax.set_ylabel("loss, guess = 1")
panel[1, 3].axis("off")
panel[1, 3].text(0, 0.9, "lines: training\ndots: new\nsequences\ndashed: a guess", va="top", fontsize=10, in_layout=False,
                 transform=panel[1, 3].transAxes)
plt.show()

# %%
at_end = {name: np.median(run.losses[:, -25:]) for name, run in made.items()}
stuck = ["long lag", "no mask", "no clipping", "poor weights", "independent"]
claim("Five of the seven end their training between a half and one and a half of a guess",
      all(0.5 < at_end[name] < 1.5 for name in stuck), ", ".join(f"{name} {at_end[name]:.2f}" for name in stuck))
claim("The other two train to almost no loss, and do worse than a guess on new sequences",
      all(at_end[name] < 0.1 and made[name].new.min() > 1.2 for name in ("state kept", "large state")),
      f"new sequences: {made['state kept'].new.mean():.1f} and {made['large state'].new.mean():.1f} guesses")

# %% [markdown]
# Seven mistakes, two pictures. Some lines are more restless than others, but you will not tell from a curve what to do about it. A curve says *that* something is wrong. For *what*, one has to ask the net
# something that it can only answer in one way. Below, each mistake goes through the same four stations: the **symptom**, the **question** that follows from it, the **look** that answers it, and the **mend**, with the
# mended run beside the old one.
#
# ## Stuck: how far back does the loss reach?
# Three of the five stuck kinds read recall: the long lag, the poor weights, the one without clipping.
#
# **Symptom.** The loss stays at a guess. **Question.** Does the loss feel the step that holds the answer? For all three that is the first. **Look.** `measure.gradient_norms`, as in lesson 05: $\lVert
# dL/dh_t \rVert$ on new sequences, last
# step = 1. (Line: the median of five nets; band: from the smallest to the largest. To the right is further back.) Beside it $\rho$, the spectral radius of $W_h$, before training and after.
#
# **Before you run it:** the three curves were alike. Will their gradients be?

# %%
def lengths_back(run, task):
    """‖dL/dh_t‖ at each step back from the last, whose length is 1: (5, T)."""
    probe, own = run.nets[0], [net.get_weights() for net in run.nets]              # one net with all weights in turn: faster
    norms = []
    for weights in own:
        probe.set_weights(weights)
        norms.append(measure.gradient_norms(probe, task.new[0][:100], task.new[1][:100], loss=task.loss)[::-1])
    probe.set_weights(own[0])
    return np.array([each / each[0] for each in norms])


def radius(weights):
    return np.array([measure.spectral_radius(each[1]) for each in weights])        # (5,): kernel, recurrent kernel, …


recalling = {"long lag": lag_80, "poor weights": lag_19, "no clipping": lag_19}
reach = {name: lengths_back(made[name], task) for name, task in recalling.items()}
before = {name: radius(made[name].first) for name in recalling}
after = {name: radius([net.get_weights() for net in made[name].nets]) for name in recalling}

# %%
figure, panel = plt.subplots(3, 1, figsize=(7.0, 7.2))
for ax, (name, curves) in zip(panel, reach.items(), strict=True):
    rho = f"ρ {np.median(before[name]):.1f} before, {np.median(after[name]):.1f} after"
    plots.gradient_norms({name: curves}, models=["truth"], legend=False, ax=ax, ylabel="gradient, last\nstep = 1",
                         title=f"{letters[name]}, {name}: {rho}", xlabel="steps before the loss")
    ax.xaxis.get_major_locator().set_params(integer=True)
plt.show()

# %%
first_step = {name: curves[:, -1] for name, curves in reach.items()}               # (5,) each
claim("On a long lag next to nothing arrives, though the first weights were sound",
      np.median(first_step["long lag"]) < 1e-2 and np.allclose(before["long lag"], 1, atol=1e-4),
      f"median {np.median(first_step['long lag']):.0e}, ρ = 1 before training")
poor, spoilt = before["poor weights"], after["no clipping"]         # (5,) each: ρ
claim("With poor weights the gradient explodes on its way back, and ρ was wrong before the first update",
      np.median(first_step["poor weights"]) > 10 and poor.min() > 3,
      f"median {np.median(first_step['poor weights']):.0e}, ρ {poor.min():.1f} to {poor.max():.1f}")
claim("Without clipping ρ began at 1 and has grown", np.allclose(before["no clipping"], 1, atol=1e-4) and spoilt.min() > 2,
      f"now {spoilt.min():.1f} to {spoilt.max():.0f}")
claim("On the long lag ρ has grown far less", np.median(after["long lag"]) < 0.5 * np.median(spoilt),
      f"median {np.median(after['long lag']):.1f}, without clipping {np.median(spoilt):.1f}")
claim("Without clipping the gradient vanishes in the end", np.median(first_step["no clipping"]) < 1e-2,
      f"median {np.median(first_step['no clipping']):.0e}")

# %%
unclipped = made["no clipping"].lengths                            # (5, updates)
usual, longest = np.median(unclipped[:, :10]), unclipped.max(axis=1)
claim("Each net without clipping has followed a gradient of more than three times the usual length", (longest > 3 * usual).all(),
      f"at first {usual:.1f}, longest {longest.min():.0f} to {longest.max():,.0f}")

# %% [markdown]
# Three curves near a guess, three different pictures.
#
# - **Long lag.** The kernel was sound, and ρ has grown little. The gradient fades step by step over 80 steps, as lesson 05 said it would. (The band is wide: more gets through in some nets than in others.)
#   The *lag* is too long for a
#   plain RNN in so few updates.
# - **Poor first weights.** A standard deviation of 1 is what random-number functions give when nobody says otherwise. A kernel of 32 units drawn like that has $\rho$ near $\sqrt{32} = 5.7$. The lag is 19
#   only. Clipping is on, and is no
#   help: it shortens the gradient, it does not make sense of it.
# - **No clipping.** The kernel *was* sound. Training has made a poor one of it, with steps that were too long, and now nothing comes through: the far side of lesson 06's cliff. So measure $\rho$ at the
#   first update and at the
#   last. (That the long steps did it, and nothing else, only the mended run can show.)
#
# **Mend.** For the lag: a cell whose gradient survives it, with a forget bias near $\ln(T-1) = 4.4$ (lesson 12). For the weights: Keras' default, an orthogonal kernel. For the clipping: a threshold. The usual length of
# these gradients is about 1, so 0.3 is strict. One run is the mend of both of the latter: it has the orthogonal kernel *and* the threshold. The run with poor weights lacks only the first of these, the run without clipping
# only the second. (The LSTM has about twice the weights of the plain net. Is it the number of weights, then? *Try it* 1.)
#
# **Before you run it:** are there still long gradients once they are clipped?

# %%
def lstm():
    return keras.layers.RNN(models.LSTMVariantCell(16, forget_bias=np.log(80)))


mended = {"long lag": train(five(16, 8, lstm), lag_80, adam(0.005), 225, "mending the lag"),
          "poor weights": sound, "no clipping": sound}
long_weights = [runs["long lag"].nets[0].count_params() for runs in (made, mended)]
print("weights on the long lag, plain and LSTM:", *long_weights)

# %%
colors = {"long lag": "lstm", "poor weights": "simple", "no clipping": "simple", "no mask": "gru", "independent": "simple",
          "state kept": "gru", "large state": "simple"}


def beside(*names, rows=1):
    """The made runs in black, the mended ones in their cell's colour."""
    columns = -(-len(names) // rows)
    _, panel = plt.subplots(rows, columns, figsize=(min(1.4 + 1.8 * columns, 7.6), 2.7 * rows), sharey=True, squeeze=False)
    for ax, name in zip(panel.flat, names, strict=False):
        draw(ax, made[name], f"{letters[name]} {name}")
        draw(ax, mended[name], f"{letters[name]} {name}", colors[name])
    for ax in panel.flat[len(names) :]:
        ax.axis("off")
    for ax in panel[:, 0]:
        ax.set_ylabel("loss, guess = 1\n(colour: mended)")


beside(*recalling)
plt.show()

# %%
mends = {"long lag": "An LSTM with forget bias 4.4", "poor weights": "An orthogonal kernel", "no clipping": "Clipping"}
for name, mend in mends.items():
    old, new = np.median(made[name].new), np.median(mended[name].new)
    claim(f"{mend} mends it: {name}", new < 0.5 and new < 0.7 * old,
          f"median on new sequences {new:.2f} of a guess, was {old:.2f}")
usual, longest = np.median(sound.lengths[:, :10]), sound.lengths.max(axis=1)       # before they are clipped
claim("Clipped nets meet long gradients as well", (longest > 2 * usual).all(),
      f"longest {longest.min():.0f} to {longest.max():.0f}, at first {usual:.1f}")

# %% [markdown]
# ## Stuck: what does it read last?
# **Symptom.** At a guess to the last digit, not even restless. The sequences are short, 12 steps at most. **Question.** If the lag is short, what does the gradient have to cross? **Look.** The same microscope.

# %%
padding_reach = lengths_back(made["no mask"], archive)             # (5, 32)
ax = plots.gradient_norms({"no mask": padding_reach}, models=["truth"], legend=False, xlabel="steps before the loss",
                          ylabel="gradient, last step = 1",
                          title=f"{letters['no mask']}: faded before the first real step")
ax.axvspan(19.5, 31, color=plots.PALETTE["faint"], alpha=0.5)
ax.annotate("real steps", (25.2, ax.get_ylim()[1]), ha="center", va="top")
plt.show()
claim("No real step gets a thousandth of the gradient of the last, padded one", padding_reach[:, 20:].max() < 1e-3,
      f"at most {padding_reach[:, 20:].max():.0e}")

# %% [markdown]
# This is a long lag that is not in the data. It is in the file format: at least 20 zeros come after the last real step, and a GRU at zero inputs forgets (its update gate begins at 0.5, so about half of its
# state goes at each step). You tell it from a true long lag by
# counting real steps. The microscope shows the same in both cases, so look at the lengths *first*. **Mend.** A mask, and the test that proves it (lesson 08): more padding must move no score.
#
# **Before you run it:** a net trained without the mask gets ten zeros more. Do its scores move?

# %%
mended["no mask"] = masked
x_new, more = archive.new[0], np.pad(archive.new[0], ((0, 0), (0, 10), (0, 0)))    # (600, 32, 16), (600, 42, 16)


def moved(net):
    return float(np.abs(np.array(net(more)) - np.array(net(x_new))).max())


beside("no mask")
plt.show()
claim("With a mask every net learns the padded sequences", masked.new.max() < 0.2 and made["no mask"].new.min() > 0.9,
      f"{masked.new.max():.2f} of a guess or less, was {made['no mask'].new.min():.2f} or more")
claim("With a mask more padding moves no score", max(moved(net) for net in masked.nets) < 1e-4,
      f"largest change {max(moved(net) for net in masked.nets):.0e}")
spread = max(np.ptp(np.array(net(x_new)), axis=0).max() for net in made["no mask"].nets)       # between sequences
further = max(moved(net) for net in made["no mask"].nets)
claim("Without it the scores are the same for every sequence, and do not move either", max(spread, further) < 0.01,
      f"largest difference {spread:.0e}, largest change {further:.0e}")

# %% [markdown]
# The unmended net passes the test as well: it has already forgotten everything, and gives everybody the same answer. A test that passes says nothing when the net ignores its input. So ask that first: *do
# two different inputs get
# different answers?*
#
# ## Stuck: does the past count at all?
# **Symptom.** At a guess, in training as on new sequences. The task asks for the pendulum's next change, at each step. **Question.** Which steps does an answer depend on? **Look.** `measure.saliency`: how
# much the loss at the
# *last* step depends on each input.
#
# **Before you run it:** a gradient that has vanished is small. How small can it be?

# %%
def at_the_end(y, outputs):
    return (outputs[:, -1, 0] - y[:, -1, 0]) ** 2                  # (B,): the loss of the last step alone


mended["independent"] = train(five(1, 1, plain(16, return_sequences=True)), film, adam(0.01), 100, "mending the steps")
salience = {name: measure.saliency(runs["independent"].nets[0], *(part[:100] for part in film.new), loss=at_the_end)
            for name, runs in (("made", made), ("mended", mended))}           # (30,) each
beside("independent")
figure, panel = plt.subplots(2, 1, figsize=(7.0, 4.4), sharex=True)
for ax, (name, values), color in zip(panel, salience.items(), ("dense", "simple"), strict=True):
    plots.stems(values, model=color, xlabel="step t", ylabel="‖dL/dx‖,\nL at step 30", ax=ax,
                title="Made: the last step, and no other" if name == "made" else "Mended: earlier steps, too")
plt.show()

# %%
claim("The loss at the last step does not depend on any earlier input: exactly 0", (salience["made"][:-1] == 0).all(),
      f"largest {salience['made'][:-1].max()} at 29 steps")
claim("In the mended net it does", salience["mended"][-2] > 0.1 * salience["mended"][-1],
      f"step 29 {salience['mended'][-2] / salience['mended'][-1]:.2f} of step 30")
claim("With the past, five nets of five predict the swing", mended["independent"].new.max() < 0.3,
      f"loss at most {mended['independent'].new.max():.2f}")
no_idea, without = film.new[1].var(), made["independent"].new.min()
claim("Without the past, none beats the mean of the new swings by a tenth", without > 0.9 * no_idea,
      f"loss {without:.2f} or more, the mean alone {no_idea:.2f}")

# %% [markdown]
# Here is the one look that gives a clean answer: exactly 0 is no vanishing gradient. There is no path. The net was a `Dense` at each step, which sees one picture of a film. From one picture you cannot tell
# which way a pendulum swings, and hardly any answer is better than the mean. (The new swings are a little smaller or larger than those of training, so their guess is not exactly 1.) The same zeros
# show when windows are cut to one step, when the steps of a sequence are shuffled into the batch axis, or when a `reshape` has mixed up time and batch.
#
# ## Learned, and useless: is it the net or the service?
# Two nets have learned their training sequences almost perfectly, and on new ones they are worse than a guess. "Overfitting", says everybody.
#
# **Symptom.** A low line and a high dot. **Question.** Does it fail because the sequences are *new*, or because of how it is *asked*? **Look.** Send the *training* sequences through the very path on which
# the new ones failed.
#
# **Before you run it:** what will you see if it is overfitting? And if it is not?

# %%
x_up, y_up = steps_up.seen                                         # (96, 10, 1), (96,)
asked = {
    "state kept": {"training": np.array([serve(net, *archive.seen).mean() for net in masked.nets]),
                   "new": made["state kept"].new},
    "large state": {"training": np.array([float(cross_entropy(y_up, net(x_up))) for net in made["large state"].nets]) / np.log(2),
                    "new": made["large state"].new},
}
means = {f"{letters[name]} {name}, {which}": losses.mean() for name, both_kinds in asked.items()
         for which, losses in both_kinds.items()}
plots.bars(means, models=["gru"] * 2 + ["simple"] * 2, form="{:.2f}", reference=("a guess", 1.0),
           title="Training and new sequences on the same path", xlabel="loss, guess = 1, mean of five nets")
plt.show()
claim("In service the kept state ruins training sequences as well", asked["state kept"]["training"].min() > 1.2,
      f"{asked['state kept']['training'].mean():.1f} guesses")
claim("The large net answers its training sequences on the same path without loss", asked["large state"]["training"].max() < 0.1,
      f"{asked['large state']['training'].max():.3f} of a guess at most")

# %% [markdown]
# So one net fails by the path, the other by the sequences. Now each on its own.
#
# ### The state that is not reset
# **Look again.** The first request of the day, and the ones after it. **Mend.** `reset_state()` between sequences (or no `stateful=True`). **The test:** ask the same thing twice. Two answers mean that something was kept.
#
# **Before you run it:** at which request does the trouble begin?

# %%
reset_each = np.array([serve(net, *archive.new, reset=True) for net in masked.nets])           # (5, 8)
mended["state kept"] = masked._replace(new=reset_each.mean(axis=1))
request = np.arange(1, 9)
plots.lines(request, {"state kept": in_service.mean(axis=0), "reset between requests": reset_each.mean(axis=0)},
            models=["truth", "gru"], marker="o", xlabel="request", ylabel="loss, guess = 1 (mean of five nets)",
            title="The first request of the day is answered well")
plt.show()
claim("The first request is answered well by every net, each later one worse than by a guess",
      in_service[:, 0].max() < 0.2 and in_service[:, 1:].min() > 1.2,
      f"at most {in_service[:, 0].max():.2f} and at least {in_service[:, 1:].min():.1f} guesses")
claim("Reset between sequences, all are answered well", reset_each.max() < 0.3, f"at most {reset_each.max():.2f} of a guess")
server.layers[1].reset_state()                                     # its weights: those of the last net that has served
twice = [server.predict_on_batch(archive.new[0][:50]) for _ in range(2)]
claim("Ask the same twice without a reset, and there are two answers", np.abs(twice[0] - twice[1]).max() > 0.1,
      f"scores differ by up to {np.abs(twice[0] - twice[1]).max():.1f}")

# %% [markdown]
# Look at *when* it fails: a test with one sequence passes, and so does the first of every batch job. The mistake is made in training loops too: `stateful=True` in `fit`, whose batches are shuffled, or a
# hidden state that is handed from batch to batch. Then the training
# loss may be hardly worse than it could be, and nothing in the curve gives it away. The same test finds it (exercise 16.1).
#
# ### A state too large
# **Look again.** 96 sequences, of which some carry a wrong label. Nobody can *learn* those, one can only remember them. So: how many of the wrong labels does the net repeat? (You will seldom know which are
# wrong. But you can always swap
# a few on purpose.) **Mend.** Fewer units. How far down can the loss go? The new labels are wrong as often, so whoever knows the rule still pays $-0.85 \ln 0.85 - 0.15 \ln 0.15 = 0.42$ nats, 0.61 of a guess.
#
# **Before you run it:** 64 units have 4,354 weights. How many do 4 units have?

# %%
mended["large state"] = train(five(1, 2, plain(4)), steps_up, adam(0.01), 200, "mending the size")


def repeated(net):
    return float((np.array(net(x_up)).argmax(axis=1) == y_up)[wrong].mean())


large, small = made["large state"], mended["large state"]
by_heart = {units: np.array([repeated(net) for net in run.nets]) for units, run in ((64, large), (4, small))}
weights = {units: run.nets[0].count_params() for units, run in ((64, large), (4, small))}
beside("state kept", "large state")
plt.show()

# %%
claim("64 units know every wrong label by heart", by_heart[64].min() > 0.95, f"{by_heart[64].mean():.0%} of {wrong.sum()}")
claim("4 units repeat far fewer of them", by_heart[4].mean() < 0.7, f"{by_heart[4].mean():.0%}, mean of five nets")
cost = {units: np.median(run.new) for units, run in ((64, large), (4, small))}
claim("With 4 units new sequences cost about a guess or less, and less than half as much as with 64",
      cost[4] < 1.05 and cost[4] < 0.5 * cost[64],
      f"median {cost[4]:.2f} and {cost[64]:.1f} guesses; {weights[4]} and {weights[64]:,} weights")

# %% [markdown]
# Even four units remember some of the wrong labels. Fewer still? *Try it* 5. Size is no fault in itself: lesson 14 measures where it costs, and lesson
# 15 has the other mends (dropout, stopping early). What costs is to have more weights than the data can
# correct, *and* to train until the last label is fitted.
#
# ## Resolved
# Here is the line-up again, with names: black as it was made, in colour as it was mended. How many had you guessed?

# %%
beside(*letters, rows=2)
plt.show()
gain = {name: np.median(mended[name].new) / np.median(made[name].new) for name in made}
claim("Each of the seven, mended, makes less than three quarters of the loss on new sequences", max(gain.values()) < 0.75,
      f"the least change is × {max(gain.values()):.2f}")

# %% [markdown]
# And the table to come back to. Go from top to bottom: the looks stand in order of their price.
#
# | what you see | first look | what it is | mend | lesson |
# |---|---|---|---|---|
# | stuck at a guess | two different inputs get one and the same answer; few of the steps are real | padding read as data | mask; then more padding moves no score | 03, 08 |
# | stuck at a guess | `saliency`: *exactly* 0 at all steps but one | steps treated as independent | a recurrent layer; look for a wrong `reshape` | 01, 03 |
# | stuck at a guess or above | `spectral_radius` far above 1 *before* the first update; the gradient explodes backwards | poor first weights | orthogonal kernel | 05 |
# | falls or jumps, then stuck | ρ 1 before, far above 1 after; `GradientRecorder` shows long gradients | no clipping | back to good weights, clip near the usual length | 06 |
# | stuck at a guess | ρ 1 before, little more after; `gradient_norms` fades over the lag | long lag, plain RNN | LSTM with a forget bias for the lag, or attention | 05, 11, 12 |
# | training low, new sequences bad | *training* sequences are bad on the same path; the same question twice, two answers | state not reset | `reset_state()` between sequences | 03, 09 |
# | training low, new sequences bad | training sequences are good on the same path; swapped labels are learned by heart | state too large | fewer units; dropout; stop early | 14, 15 |
#
# Two that are not in the line-up: a loss that is NaN at the *first* update is a matter of the data (lesson 06), and a result that is *too good* is a matter of the split (lesson 01).

# %% [markdown]
# ## Try it
# Each line stands on its own: copy it into a new cell below, change it, run it. All of them give the loss on new sequences, a guess = 1.
#
# 1. A plain net with as many weights as the LSTM: `train(five(16, 8, plain(40)), lag_80, adam(0.005), 225, "40 units").new`. Does it mend all five?
# 2. How poor may first weights be? `train(five(16, 8, plain(32, recurrent_initializer=keras.initializers.RandomNormal(stddev=0.2))), lag_19, sgd(0.3), 250, "0.2").new`. Which ρ is that? And 0.5?
# 3. A mild threshold: `train(five(16, 8, plain(32)), lag_19, sgd(10.0), 250, "10").new`. Does the gradient's usual length tell you beforehand?
# 4. Padding in front: `front = Task(*((np.roll(x, 20, axis=1), y) for x, y in (archive.seen, archive.new)), cross_entropy, np.log(8))`, then `train(five(16, 8, gru), front, adam(0.01), 150, "front").new`. Is a mask still
#    needed?
# 5. Which size is too small, and from which on is it too large? `train(five(1, 2, plain(2)), steps_up, adam(0.01), 200, "2 units").new`, then 8, then 16.

# %% [markdown]
# ## Check yourself
#
# **1. The loss stays at a guess. `gradient_norms` falls from 1 to $10^{-6}$ over 100 steps, ρ is 1.0. What do you do first?**
# <details><summary>Lower the learning rate.</summary>
#
# The gradient that arrives is a millionth. Smaller steps make less of it, not more.
# </details>
# <details><summary>Count how many of the 100 steps are real.</summary>
#
# Yes. If most of them are padding, a mask makes the lag short, and the plain cell may do. The microscope shows the same in both cases.
# </details>
# <details><summary>Clip the gradient.</summary>
#
# Clipping shortens what is long. Nothing here is.
# </details>
#
# **2. The gradient of step 1 is exactly 0.0 in every sequence, in float32, over a lag of 10. What is most likely?**
# <details><summary>It has vanished.</summary>
#
# Vanishing over 10 steps leaves something small: at a factor of 0.1 a step still $10^{-10}$, which float32 can hold.
# </details>
# <details><summary>No path leads from that step to the loss.</summary>
#
# Yes: a layer that sees one step alone, a cut window, a mixed-up axis. (Or a unit that is saturated to the last digit: look at its states.)
# </details>
# <details><summary>The weights are all zero.</summary>
#
# Then no step would have a gradient, the last one included.
# </details>
#
# **3. Your service answers well in the morning, after a restart, and badly from the second customer on. What is the cheapest test?**
# <details><summary>Retrain with more data.</summary>
#
# The first customer's answer shows that the net knows what it should. And it is not cheap.
# </details>
# <details><summary>Ask the same question twice in a row.</summary>
#
# Yes. Two answers to one question: something was kept in between.
# </details>
# <details><summary>Look at the training curve.</summary>
#
# It is that of a sound net. The mistake was made after training.
# </details>
#
# **4. Training loss 0.01, loss on new sequences 3 times that of a guess. You feed the training sequences through the production path and get 0.01. So?**
# <details><summary>The path is sound. Too many weights for these data, or data of another kind.</summary>
#
# Yes. The look has ruled out the service, and leaves the data and the size.
# </details>
# <details><summary>The state is not reset.</summary>
#
# Then the training sequences would have come out badly, too.
# </details>
# <details><summary>Nothing follows: the net has seen those sequences.</summary>
#
# That is why the test says something: only the path differs from training.
# </details>
#
# **5. After training without clipping you find ρ = 13 and saturated states. A colleague says: "poor initialisation". How do you decide?**
# <details><summary>By ρ before the first update.</summary>
#
# Yes. It was 1 there, so training has made it. Draw the first weights again with the same seed if you have not kept them.
# </details>
# <details><summary>By the curve: poor initialisation is above a guess.</summary>
#
# A run without clipping can end there as well.
# </details>
# <details><summary>By ρ after training: 13 is too large for an initialiser.</summary>
#
# A normal distribution with standard deviation 1 gives $\sqrt{H}$, and that is 13 for 170 units.
# </details>

# %% [markdown]
# ## Take-aways
# - A curve says that something is wrong, hardly ever what: seven mistakes, two pictures. *(claims: "Five of the seven …", "The other two …")*
# - On a long lag the gradient fades though the kernel is sound; with poor weights it explodes backwards; without clipping, training has spoilt a sound kernel. *(claims: "On a long lag …", "With poor weights …", "Without
#   clipping ρ …", "Each net without clipping …")*
# - Padding at the end is a lag that you have made yourself. *(claims: "No real step …", "With a mask every …", "With a mask more …")*
# - Before you believe a test that passes, see that different inputs get different answers. *(claim: "Without it the scores …")*
# - Exactly 0 is not small: there is no path. *(claim: "The loss at the last step …")*
# - Send training sequences down the path on which new ones fail: it tells the service from the net. *(claims: "In service the kept state …", "The large net …")*
# - Ask the same twice. *(claims: "The first request …", "Ask the same twice …")*
# - Change one thing, and put the mended run beside the old one: a mend that does not mend has found another mistake. *(claim: "Each of the seven …")*
#
# **Exercises.** [Exercises 16](exercises/16_seven_mistakes.ipynb): a test for resets, a diagnosis from curves, a masked loss. The notebook says how many minutes each takes.
#
# ## Read on
# - R. Pascanu, T. Mikolov and Y. Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013: vanishing, exploding, and what each shows in training.
# - C. Zhang, S. Bengio, M. Hardt, B. Recht and O. Vinyals, *Understanding deep learning requires rethinking generalization*, ICLR 2017: large networks learn even random labels by heart.
# - D. Sculley and others, *Hidden technical debt in machine learning systems*, NeurIPS 2015: mistakes that are made around the network, such as our state in service.
# - R. Jozefowicz, W. Zaremba and I. Sutskever, *An empirical exploration of recurrent network architectures*, ICML 2015: what the first forget bias does.
