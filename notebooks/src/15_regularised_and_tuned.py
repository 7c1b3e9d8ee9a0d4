# %% [markdown]
# # 15 · Regularised and tuned
#
# **Your network knows its hundred examples by heart. What helps it with new ones, and how do you tell help from luck?**
#
# **You will be able to**
# - stop training early, and say what the lowest point of a noisy curve is worth;
# - put dropout between layers and into the recurrence, and know which masks change from step to step;
# - normalise a layer, and let the learning rate rise and fall;
# - search for settings with KerasTuner, check that its trials ran, and compare the winner with the luck of as many seeds;
# - pretrain a network on sequences that nobody has labelled.
#
# **You need** [lesson 08](08_many_to_one.ipynb) and [lesson 12](12_lstm.ipynb). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
import contextlib
import io
import tempfile

from rnncourse import measure, models, plots, progress
from rnncourse.measure import claim
from rnncourse.measure.experiments.regularised import labelled, late_words
from sklearn.linear_model import LogisticRegression
import keras
import keras_tuner
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 15])

# %% [markdown]
# ## By heart
# Lesson 08's task: which digit was spoken, when the word may begin at any time within half a second? This time there are labels for a hundred recordings, ten a digit. To validate on and to test on there are three
# voices each that the training has not heard. (The frames are twice as long as there, to halve the steps.)
#
# The network is lesson 08's too: a GRU, the largest value of each unit, a read-out. Two rivals are logistic regressions: on all frames as they come, and on frames that lesson 08's rule has moved, so that each word begins with its first loud frame. We train for 40 epochs and look at the validation loss after
# each. **Before you run it:** which shape will the two curves have?

# %%
words = late_words()                                               # "train" and so on: (n, 31, 24) frames, (n,) digits
known = labelled(seed, 100)                                        # places of the recordings that have a label
x_known, y_known = (part[known] for part in words["train"])        # (100, 31, 24), (100,)
(x_val, y_val), (x_new, y_new) = words["validation"], words["test"]             # 180 each


def compiled(net, rate=0.005):
    scores = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0), loss=scores, metrics=["accuracy"])
    return net


keras.utils.set_random_seed(seed)
plain = compiled(models.many_to_one(features=24, outputs=10, cell="gru", units=64, pooling="max"))
seen = plain.fit(x_known, y_known, epochs=40, batch_size=32, validation_data=(x_val, y_val), verbose=0,
                 callbacks=[progress(label="by heart")]).history

# %%
def share(net, x, y):
    return float(np.mean(np.array(net(x)).argmax(axis=-1) == y))


def moved_up(x):
    return np.array([np.roll(sound, -(sound.mean(axis=-1) > 0).argmax(), axis=0) for sound in x])


def by_line(places, move=moved_up):
    """Share of test words that a logistic regression hears right when these recordings have a label."""
    x, x_test = (move(part).reshape(len(part), -1) for part in (words["train"][0][places], x_new))   # (n, 744) each
    return LogisticRegression(max_iter=1000).fit(x, words["train"][1][places]).score(x_test, y_new)


# %%
heard, as_it_comes, start_found = share(plain, x_new, y_new), by_line(known, move=np.asarray), by_line(known)
plots.lines(np.arange(1, 41), {"training": seen["loss"], "validation": seen["val_loss"]}, models=["baseline", "gru"],
            log="y", xlabel="epoch", ylabel="cross-entropy (nats)", title="The training loss goes to zero, the other does not")
plt.show()
claim("All hundred examples are known by heart", share(plain, x_known, y_known) == 1, f"{share(plain, x_known, y_known):.2f}")
claim("On voices never heard the GRU is far ahead of a line through the frames as they come",
      heard > as_it_comes + 0.1, f"{heard:.2f} and {as_it_comes:.2f}")
claim("So is the line, once a rule has found where the word begins", start_found > as_it_comes + 0.1, f"{start_found:.2f}")
claim("At the end the loss on the validation voices is over ten times the training loss",
      seen["val_loss"][-1] > 10 * seen["loss"][-1],
      f"{seen['val_loss'][-1]:.2f} and {seen['loss'][-1]:.4f}")

# %% [markdown]
# Nothing is left to learn from the hundred, and the net has still not heard how other people speak. Lesson 14 made the state smaller. Here are some things that leave it as it is. Keep the second line in mind: in a quiet
# room, a rule and a logistic regression are the rival to beat.
#
# ## Stop in time
# The validation loss has a lowest point. **Early stopping** keeps the weights of that epoch: wait for `patience` epochs without a new lowest value, then go back.
#
# ```python
# keras.callbacks.EarlyStopping("val_loss", patience=20, restore_best_weights=True)
# ```
#
# Without `restore_best_weights=True` you keep the weights of the *last* epoch, 20 too late. And what is the lowest value worth? It was picked from many, by the 180 recordings that it is measured on. A part of it is luck.
#
# `make experiments` trained 50 nets on a hundred labels (or two hundred): ten variants, which we meet below, five seeds each. The losses were taken 20 times, after each **round** of 25 updates. For every net we ask how much lower the loss is at the best round than at the end, on the validation voices, which
# chose the round, and on the test voices, which did not. **Before you look:** which gain is larger?

# %%
runs = measure.results("regularised_listeners")                    # one row a net
gain = {"validation voices": runs["gain_validation"].mean(), "test voices": runs["gain_test"].mean()}
plots.bars(gain, models=["baseline", "gru"], form="{:.3f}",
           title="The voices that chose the round gain more than the others", xlabel="mean loss saved by going back (nats)")
plt.show()
change = runs["stopped_accuracy"] - runs["accuracy"]
claim("The gain on the validation voices is more than twice that on the test voices",
      gain["validation voices"] > 2 * gain["test voices"],
      f"{gain['validation voices']:.3f} and {gain['test voices']:.3f} nats")
claim("The share of test words heard right changes by less than one in a hundred", abs(change.mean()) < 0.01,
      f"{change.mean():+.3f} in the mean of {len(change)} nets")
claim("In the mean the best round is over before three quarters of the updates", runs["round"].mean() < 15,
      f"round {runs['round'].mean():.1f} of 20")

# %% [markdown]
# So the lowest value of the curve flatters: the recordings that it is measured on chose it. Report another set. And early stopping saves some time here and hardly any loss: once the
# hundred are known there is little left that could change the net. Where a validation curve turns steeply upwards, it saves more.
#
# ## Dropout between layers
# **Dropout** sets each number to 0 with probability $p$ while training, and divides the others by $1 - p$ so that the mean stays:
#
# $$x' = \frac{m \odot x}{1 - p}, \qquad m_j = 0 \text{ with probability } p, \text{ else } 1 .$$
#
# A net cannot lean on one number that may be missing. Zaremba, Sutskever & Vinyals (2014) put it on the way *up*, from layer to layer, and not on the way from step to step. Which mask does the next step get, a new one or the same again? Gal & Ghahramani
# (2016) argue for one mask a sequence, on both ways: as if the net had fewer units while it reads.
#
# **Before you run it:** which of the two does `keras.layers.Dropout` do?

# %%
ones = np.ones((1, 25, 12), dtype="float32")                       # (B, T, D)
masked = {"Dropout(0.3)": keras.layers.Dropout(0.3),
          "noise_shape=(1, 1, 12)": keras.layers.Dropout(0.3, noise_shape=(1, 1, 12))}
shown = {name: np.array(layer(ones, training=True))[0] for name, layer in masked.items()}      # (25, 12) each
figure, panel = plt.subplots(1, 2, figsize=(7.2, 2.9), sharey=True)
for ax, (name, out) in zip(panel, shown.items(), strict=True):
    plots.heat(out.T, title=name, xlabel="step", ylabel="feature", ax=ax)
    ax.label_outer()
plt.show()
fresh, constant = shown.values()
claim("The Dropout layer draws a new mask at every step", (fresh != fresh[0]).any(), f"{(fresh == 0).mean():.0%} dropped")
claim("With a noise shape of 1 for time the mask is the same at all steps", (constant == constant[0]).all(),
      f"{(constant[0] == 0).sum()} of 12 features")

# %% [markdown]
# Both are in use. (The argument `dropout=` of a Keras LSTM or GRU is a third way to write it: it masks what the layer reads, with one mask a sequence.) On the way up a new mask at each step does no lasting harm: what is missing now is there again at the next
# step.
#
# ## Dropout in the recurrence
# On the way from step to step it is another matter. `recurrent_dropout=` drops entries of $h_{t-1}$. To see what that does to a memory we take one that is nothing but memory: a linear plain RNN with $W_h = I$. A single 1 at
# the first step, then nothing. We let Keras drop 30 %, and beside it a cell that differs in one line: it draws a new mask at each step.
#
# **Before you run it:** of 40 units, how many still remember after 25 steps, with either?

# %%
class FreshMasks(keras.layers.SimpleRNNCell):
    def call(self, inputs, states, training=False):
        self.reset_recurrent_dropout_mask()                        # the one line
        return super().call(inputs, states, training=training)


pulse = np.zeros((1, 25, 1), dtype="float32")
pulse[0, 0] = 1
memories = {}
for name, cell in {"Keras: one mask a sequence": keras.layers.SimpleRNNCell, "a new mask at each step": FreshMasks}.items():
    memory = keras.layers.RNN(cell(40, activation="linear", kernel_initializer="ones", recurrent_initializer="identity",
                                   recurrent_dropout=0.3), return_sequences=True)
    memories[name] = np.array(memory(pulse, training=True))[0]     # (25, 40)

# %%
figure, panel = plt.subplots(1, 2, figsize=(7.2, 3.4), sharey=True)
for ax, (name, states) in zip(panel, memories.items(), strict=True):
    plots.heat((states != 0).T.astype(float), title=name, xlabel="step", ylabel="unit", ax=ax)
    ax.label_outer()
plt.show()
held, redrawn = memories.values()                                  # (25, 40) each
kept = held[:, held[-1] != 0]                                      # (25, units that remember)
claim("With one mask a sequence the same units remember at all steps after the first",
      ((held[1:] != 0) == (held[1] != 0)).all() and kept.size > 0, f"{kept.shape[1]} of 40")
claim("With a new mask at each step at most two of 40 remember after 25 steps", (redrawn[-1] != 0).sum() <= 2,
      f"{(redrawn[-1] != 0).sum()}; expected {40 * 0.7**24:.3f}")
claim("What is not dropped grows by 1 / 0.7 at each step", np.allclose(kept[1:] / kept[:-1], 1 / 0.7, rtol=1e-4),
      f"to {kept[-1].max():.0f} after 24")

# %% [markdown]
# A new mask at each step empties a memory of this kind: each step is another draw, and one 0 is enough. With one mask a sequence a part of the units is out of play, and the rest remembers. The rest also *grows*, since Keras divides by 0.7 at every
# step: in a plain RNN training has to make up for that.
#
# LSTM and GRU have a second road. **Before you run it:** a GRU whose update gate is open ($z = 1$: keep everything) starts with $h_0 = 1$. Recurrent dropout is one half. What is left after 25 steps?

# %%
carrier = keras.layers.GRU(40, recurrent_dropout=0.5)
carrier.build((1, 25, 1))
kernel, recurrent, bias = carrier.get_weights()                    # (1, 120), (40, 120), (2, 120): columns z, r, h̃
bias[0, :40] = 30.0                                                # z = σ(30 + …) = 1
carrier.set_weights([0 * kernel, recurrent, bias])
left = np.array(carrier(0 * pulse, initial_state=np.ones((1, 40), dtype="float32"), training=True))
claim("Along an open gate of a GRU nothing is dropped", np.allclose(left, 1, atol=1e-5),
      f"{left.min():.4f} to {left.max():.4f}")
without, with_it = keras.layers.GRU(40).cell, carrier.cell
claim("With recurrent dropout Keras computes a GRU gate by gate", (without.implementation, with_it.implementation) == (2, 1),
      f"implementation {with_it.implementation}, else {without.implementation}")

# %% [markdown]
# Keras masks what the gates and the candidate *read*, not what is carried ($c_{t-1}$ of an LSTM, $z_t \odot h_{t-1}$ of a GRU). So what is carried is safe, whichever mask. What the gates decide is not: they read a masked state. (Semeniuta, Severyn & Barth 2016 compare such places.)
#
# The second claim is the price. Each gate has its own mask, so the one product $h_{t-1} W_h$ becomes three, for an LSTM four. And on a GPU a layer with recurrent dropout does not get the fused kernel (Keras' documentation).
# Measure before you pay.
#
# ## Layer norm and a schedule
# Two more that are meant to make *training* easier; whether they make the net better on new data is an open question. **Layer normalisation** (Ba, Kiros & Hinton 2016) gives the sums before the gates mean 0 and deviation 1 over the units, then a gain
# $g$ and a shift $b$ that are learned:
#
# $$N(a) = g \odot \frac{a - \operatorname{mean}(a)}{\sqrt{\operatorname{var}(a) + \epsilon}} + b .$$
#
# Over the *units* of one example at one step: no batch, no step has to be known but its own. In Keras it needs a cell; `models.LayerNormLSTMCell` and `models.LayerNormGRUCell` go into `keras.layers.RNN`. They normalise the sums over the inputs and
# those over the state apart.
#
# **Before you run it:** somebody speaks ten times as loud, and every input is ten times as large. By how much will the states of a GRU change, with layer norm and without?

# %%
readers = {"GRU": keras.layers.GRU(64), "layer norm": keras.layers.RNN(models.LayerNormGRUCell(64))}
louder = {name: float(np.abs(np.array(layer(10 * x_new)) - np.array(layer(x_new))).mean()) for name, layer in readers.items()}
claim("Ten times the inputs change the states of a GRU", louder["GRU"] > 0.05, f"by {louder['GRU']:.2f} in the mean")
claim("With layer norm the change is less than a hundredth of that", louder["layer norm"] < louder["GRU"] / 100,
      f"by {louder['layer norm']:.0e}")

# %% [markdown]
# The scale of the inputs has no say any more: their sums are divided by their own deviation. (A sound ten times as loud does not make our *logarithms* ten times as large; the example is there for the arithmetic.)
#
# A **schedule** changes the learning rate on the way. A common one rises first, while Adam's averages rest on few gradients, and then falls along a cosine, so that the last updates are small. It goes where the
# learning rate went, `keras.optimizers.Adam(rising)`:

# %%
rising = keras.optimizers.schedules.CosineDecay(0.0, decay_steps=400, warmup_target=0.005, warmup_steps=100)
at = np.arange(0, 501, 10)
plots.lines(at, {"warm-up and cosine": [float(rising(update)) for update in at]}, models=["gru"], xlabel="update",
            ylabel="learning rate", title="Up for a fifth of the updates, then down")
plt.show()

# %% [markdown]
# ## What helped
# Now all of them, each against the plain net: a hundred labels, 500 updates, dropout rates of 0.3 that nobody tuned, five seeds. ("Dropout between" is on the frames and before the read-out.) With them three that could win without any of this: a smaller net and
# twice the labels (grey), and the logistic regression whose words begin at the first loud frame (light blue).
#
# A seed chooses the hundred labels, and some hundreds are better than others. So we compare **in pairs**: with each seed, what a variant gets right minus what the plain net gets right with the same labels.
#
# **Before you look:** write down which two will help most.

# %%
heard_right = runs.pivot(index="seed", columns="variant", values="accuracy")[runs["variant"].unique()]       # (5 seeds, 10)
heard_right["line, start found"] = [by_line(labelled(i, 100)) for i in heard_right.index]
ahead = heard_right.sub(heard_right["plain"], axis=0).drop(columns="plain")             # (5 seeds, 10): in pairs
table = measure.summarise(ahead.melt(value_name="gain"), by=["variant"]).set_index("variant")        # 95 % t-intervals
half = table["gain_high"] - table["gain"]
colours = {"16 units": "baseline", "twice the labels": "baseline", "line, start found": "dense"}
plots.intervals(table.index, table["gain"], half, models=[colours.get(name, "gru") for name in table.index],
                form="{:.3f}", reference=(f"plain, {heard_right['plain'].mean():.3f}", 0),
                xlabel="share heard right minus plain, 95 %, 5 seeds", title="In the mean dropout gains, a schedule alone does not")
plt.show()

# %%
always = ["dropout between", "both dropouts", "twice the labels"]
claim("Dropout between layers, both dropouts and twice the labels are each ahead of the plain net with every seed",
      (ahead[always] > 0).all(axis=None), ", ".join(f"{name} {ahead[name].mean():+.3f}" for name in always))
gap = ahead["both dropouts"] - ahead["twice the labels"]           # (5,)
claim("Both dropouts and twice the labels are less than 0.02 apart in the mean", abs(gap.mean()) < 0.02,
      f"{gap.mean():+.3f}, by seed {gap.min():+.3f} to {gap.max():+.3f}")
claim("Recurrent dropout is behind with no seed, layer norm with one",
      (ahead["recurrent dropout"] > -1e-6).all() and (ahead["layer norm"] < -1e-6).sum() == 1,
      f"{ahead['recurrent dropout'].mean():+.3f} and {ahead['layer norm'].mean():+.3f} in the mean")
fresh_gap = ahead["recurrent dropout"] - ahead["recurrent, fresh masks"]                # (5,)
claim("A mask for the sequence is better than fresh masks in this GRU with some seeds, worse with others",
      fresh_gap.min() < 0 < fresh_gap.max(), f"{fresh_gap.mean():+.3f}, {fresh_gap.min():+.3f} to {fresh_gap.max():+.3f}")
claim("The schedule alone and the smaller net are not ahead in the mean", (ahead[["schedule", "16 units"]].mean() < 0).all(),
      f"{ahead['schedule'].mean():+.3f} and {ahead['16 units'].mean():+.3f}")
rival = ahead["line, start found"].mean()
claim("The line with the start found is as good as the plain net in the mean, and behind both dropouts",
      abs(rival) < 0.01 and rival < ahead["both dropouts"].mean() - 0.02, f"{rival:+.3f}")

# %% [markdown]
# Dropout on both ways got as much out of a hundred labels as the plain net out of two hundred, in the mean; the width of the intervals says how well five seeds can know that. Recurrent dropout alone and layer norm gained less. Whether recurrent masks change
# from step to step made no difference in this GRU that five seeds could show, as the open gate above lets you expect. The schedule did not help (at this peak; its mean rate is half of the plain net's), nor did a smaller net: this net has not too many units, it has too few labels.
#
# And the plain GRU is no better than a logistic regression that is told where the word begins. It takes dropout to pass it.
#
# All of that is one task, one net, one number of labels. What carries over is the way of asking: each change alone, several seeds, the same labels for both, and a yardstick that you can buy, such as more labels.
#
# One row of the table we measure again, with a seed that it does not have:

# %%
check = measure.spot_check("regularised_listeners", "accuracy", where={"variant": ["plain", "layer norm"]})
claim("A row of the table, measured again, falls where the table says", check.agrees, str(check))

# %% [markdown]
# ## A search
# Rate of dropout, units, learning rate: nobody knows the best, so let the machine try. **KerasTuner** calls a function of yours with `hp`, which hands out values, and trains what comes back. `RandomSearch` draws them, `Hyperband` also stops
# bad ones early. Three things to know first.
#
# - It keeps its trials in a folder, and a second search that finds the folder *goes on* from there. Give each search a fresh one.
# - A trial that fails does not stop the search: that only ends after three failures in a row. (Without tensorboard installed every trial fails. With a typo in one choice out of many, only some do, and you may never see it.)
# - The best trial is the best *on the validation data*.
#
# Here is a search with a typo. **Before you run it:** the course's cells are called "simple", "lstm", "gru". What will the search do at "rnn"?

# %%
def with_a_typo(hp):
    return compiled(models.many_to_one(features=24, outputs=10, units=8, pooling="max",
                                       cell=hp.Choice("cell", ["gru", "rnn"])))


def search(build, trials, epochs, folder):
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):      # tracebacks go there
        tuner = keras_tuner.RandomSearch(build, objective="val_accuracy", max_trials=trials, directory=folder,
                                         seed=seed + 1)            # it takes 0 for no seed
        tuner.search(x_known, y_known, epochs=epochs, batch_size=32, validation_data=(x_val, y_val), verbose=0)
    return list(tuner.oracle.trials.values())


with tempfile.TemporaryDirectory() as folder:
    trials, again = (search(with_a_typo, trials=2, epochs=1, folder=folder) for _ in range(2))
ended = [trial.status for trial in trials]
claim("The search comes to its end though a trial has failed", sorted(ended) == ["COMPLETED", "FAILED"],
      f"{len(ended)} trials: {', '.join(sorted(ended))}")
claim("A second search in the same folder tries nothing", {t.trial_id for t in again} == {t.trial_id for t in trials},
      f"the same {len(again)} trials")
reason = next(trial.message for trial in trials if trial.status == "FAILED").strip().splitlines()[-1]
claim("The failed trial says why", "received 'rnn'" in reason, f"1 message: …{reason.split(',')[-1]}")

# %% [markdown]
# No error was raised. Half of the settings were never tried, and the "best" is the best of the rest. So count: `COMPLETED` must be as many as you asked for. Now a search in earnest, with four trials of 15 epochs.

# %%
def build(hp):
    return compiled(models.many_to_one(features=24, outputs=10, cell="gru", pooling="max",
                                       units=hp.Choice("units", [16, 64]), dropout=hp.Choice("dropout", [0.0, 0.3])),
                    rate=hp.Float("learning_rate", 1e-3, 3e-2, sampling="log"))


with tempfile.TemporaryDirectory() as folder:
    trials = search(build, trials=4, epochs=15, folder=folder)
completed = [trial for trial in trials if trial.status == "COMPLETED"]
claim("All four trials ran", len(completed) == 4, f"{len(completed)} of {len(trials)} completed")
scores = {}
for trial in sorted(completed, key=lambda trial: trial.score):
    value = trial.hyperparameters.values
    scores[f"{value['units']} units, dropout {value['dropout']}, rate {value['learning_rate']:.4f}"] = trial.score
plots.bars(scores, models=["gru"] * len(scores), form="{:.2f}",
           xlabel="validation voices: share heard right, best epoch", title="Four trials on the validation voices")
plt.show()

# %% [markdown]
# Which of the four would you take, and how much better will it be than what you had? The winner has won twice: it was the best of four, *and* each of the four entered with its best epoch. So before we believe it we need to know what *no search at all*
# brings: train what you had with as many seeds, and take the best of those on the validation data.
#
# `make experiments` did both, on one and the same hundred labels: 32 trials over these settings (each pair of units and dropout with eight rates drawn at random), and 24 seeds of the plain net at a rate of 0.005. From each pile we draw $k$ at random, keep the one with the best validation, and
# look at its test; 4,000 times for each $k$.
#
# **Before you look:** what will grow with $k$, the winner's score on the validation voices or on the test voices?

# %%
def winners(pile, k, draws=4000):
    """Mean share heard right of the best on validation among k that are drawn: on validation and on test."""
    places = np.array([rng.permutation(len(pile))[:k] for _ in range(draws)])       # (draws, k)
    scores = pile["validation"].to_numpy()[places]
    best = places[np.arange(draws), scores.argmax(axis=1)]
    return pile["validation"].to_numpy()[best].mean(), pile["test"].to_numpy()[best].mean()


piles = {"search": measure.results("listener_trials"), "seeds": measure.results("listener_repeats")}
ks = [1, 2, 4, 8, 16]
won = {name: np.array([winners(pile, k) for k in ks]).T for name, pile in piles.items()}       # (2, 5): validation, test
figure, panel = plt.subplots(1, 2, figsize=(7.6, 3.2), sharey=True)
for ax, row, title in zip(panel, (0, 1), ("Validation: it chose", "Test: it did not"), strict=True):
    plots.lines(ks, {"search": won["search"][row], "seeds alone": won["seeds"][row]}, models=["gru", "baseline"], log="x",
                marker="o", xlabel="k, nets to choose from", ylabel="share right, best of k", title=title, ax=ax)
    ax.set_xticks(ks, ks)
    ax.minorticks_off()
    ax.label_outer()
plt.show()

# %%
(search_chose, search_test), (seeds_chose, seeds_test) = won["search"], won["seeds"]                # (5,) each, by k
claim("The best of 16 seeds looks 0.03 better than one on the voices that chose it",
      seeds_chose[-1] > seeds_chose[0] + 0.03, f"{seeds_chose[0]:.3f} → {seeds_chose[-1]:.3f}")
claim("On the test voices it is less than 0.015 better", seeds_test[-1] < seeds_test[0] + 0.015,
      f"{seeds_test[0]:.3f} → {seeds_test[-1]:.3f}")
claim("The best of 16 trials of the search is better than the best of 16 seeds, on the test voices too",
      search_test[-1] > seeds_test[-1] + 0.01, f"{search_test[-1]:.3f} and {seeds_test[-1]:.3f}")
claim("What the search gains from one trial to the best of 16 is over twice as much on the voices that chose",
      search_chose[-1] - search_chose[0] > 2 * (search_test[-1] - search_test[0]),
      f"{search_chose[-1] - search_chose[0]:+.3f} and {search_test[-1] - search_test[0]:+.3f}")
claim("A single trial of the search is no better than the plain net", search_test[0] < seeds_test[0] + 0.005,
      f"{search_test[0]:.3f} and {seeds_test[0]:.3f}")
top = piles["search"].nlargest(4, "validation")
claim("The four best trials on the validation voices all have 64 units and dropout",
      (top["units"] == 64).all() and (top["dropout"] == 0.3).all(), f"test {top['test'].min():.2f} to {top['test'].max():.2f}")

# %% [markdown]
# Choosing among seeds looks like progress on the voices that choose, and is none. The search is worth something: its winner is ahead on voices that had no say. But less than half of what its score promised arrives. Without the grey lines you could not tell which part. The
# rule: **choose on validation, report on test, and compare with the best of as many runs of what you had**.
#
# What did it find? Dropout and 64 units, as the table before. Mind also what it did *not* find for you. It could have asked for 128 units, two layers, another optimiser; you said which values there are. The table before, ten variants with five seeds each, told us more than a winner does.
#
# ## Learn first, label later
# Recordings are cheap, labels are not. There are 600 recordings here and a hundred labels. **Self-supervised** learning gets its targets from the sequence itself. Dai & Le (2015) tried two of them: predict the next step, as lesson 09's language
# model does, and the **sequence autoencoder**: read the whole sequence, then write it again from the last state. Afterwards the read-out is thrown away, and the recurrent weights are where training on the labels *begins*.

# %%
def autoencoder(units, steps=31, bands=24):
    frames = keras.Input((steps, bands))
    zeros = keras.ops.zeros_like(frames[:, :1])                    # says: now write
    doubled = keras.ops.concatenate([frames, zeros, frames[:, :-1]], axis=1)        # (B, 2T, D): read, then the frame before
    states = keras.layers.GRU(units, return_sequences=True, name="pretrained")(doubled)        # (B, 2T, H)
    return keras.Model(frames, keras.layers.Dense(bands)(states[:, steps:]))        # (B, T, D): the frames again


# %%
x_all = words["train"][0]                                          # (600, 31, 24): no labels are needed
keras.utils.set_random_seed(seed)
writer = autoencoder(64)
writer.compile(keras.optimizers.Adam(0.005, global_clipnorm=1.0), loss="mse")
errors = writer.fit(x_all, x_all, epochs=4, batch_size=32, verbose=0, callbacks=[progress(label="writing")]).history["loss"]
listener = models.many_to_one(features=24, outputs=10, cell="gru", units=64, pooling="max")
reads, hears = writer.get_layer("pretrained"), listener.get_layer("recurrent_1")
hears.set_weights(reads.get_weights())                             # what was learned without a label
claim("After four epochs the frames are written with less error than their mean would make", errors[-1] < 0.8,
      f"MSE {errors[-1]:.2f}; the mean: 1")
claim("The listener begins with the states of the writer", np.allclose(hears(x_new), reads(x_new), atol=1e-5),
      f"{sum(weight.size for weight in reads.get_weights())} weights are handed over")

# %% [markdown]
# From here on `listener` is trained on the labels like any other net. For the kept table it was pretrained for 600 updates on all 600 recordings, then trained on few labels exactly as the plain net; five seeds. The rivals: the same net from scratch, and the
# line with the start found.
#
# **Before you look:** with how many labels will it help most, 20, 50, 100 or 300?

# %%
starts = measure.results("pretrained_listeners")                   # start, seed, and a share heard right for each of
label_counts = [20, 50, 100, 300]
heard_by = {start: rows[[f"labels_{n}" for n in label_counts]].to_numpy()
            for start, rows in starts.groupby("start", sort=False)}                     # (5 seeds, 4) each
heard_by["line, start found"] = np.array([[by_line(labelled(i, n)) for n in label_counts] for i in range(5)])
gained = {start: heard_by[start] - heard_by["scratch"] for start in ("autoencoder", "next frame")}   # (5, 4) each
parts = {"From scratch": {name: heard_by[name] for name in ("scratch", "line, start found")}, "Pretrained: gain": gained}
figure, panel = plt.subplots(1, 2, figsize=(7.6, 3.3))
for ax, (title, nets), keys in zip(panel, parts.items(), (("gru", "dense"), ("lstm", "conv")), strict=True):
    means = {name: rows.mean(axis=0) for name, rows in nets.items()}
    plots.lines(label_counts, means, models=keys, log="x", marker="o", xlabel="labels", title=title, ax=ax,
                ylabel="share heard right" if ax is panel[0] else "more than from scratch")
    for rows, key in zip(nets.values(), keys, strict=True):
        ax.fill_between(label_counts, rows.min(axis=0), rows.max(axis=0), color=plots.PALETTE[key], alpha=0.15)
    ax.set_xticks(label_counts, label_counts)
    ax.minorticks_off()
panel[1].axhline(0, color=plots.PALETTE["truth"], linewidth=1)
plt.show()

# %%
gains = np.array(list(gained.values()))                            # (2 starts, 5 seeds, 4 numbers of labels)
mean_gain = gains.mean(axis=1)                                     # (2, 4)
half_width = 2.776 * gains.std(axis=1, ddof=1) / 5**0.5            # 95 %: t of 4 degrees of freedom
claim("With 20 labels neither pretraining gains 0.02 in the mean", (mean_gain[:, 0] < 0.02).all(),
      f"{mean_gain[0, 0]:+.3f} and {mean_gain[1, 0]:+.3f}")
clear = np.abs(mean_gain) > half_width                             # (2, 4)
claim("Of eight mean gains one is clear of 0 at 95 %", clear.sum() == 1,
      f"{mean_gain[clear][0]:+.3f} ± {half_width[clear][0]:.3f}, the next frame with 300 labels")
claim("With 100 labels either gains less than both dropouts do, in the mean", mean_gain[:, 2].max() < ahead["both dropouts"].mean(),
      f"{mean_gain[0, 2]:+.3f} and {mean_gain[1, 2]:+.3f}, both dropouts {ahead['both dropouts'].mean():+.3f}")
first = {name: rows[:, 0].mean() for name, rows in heard_by.items()}                    # with 20 labels
claim("With 20 labels the line with the start found is ahead of all three nets in the mean",
      first["line, start found"] > max(first[name] for name in ("scratch", *gained)) + 0.03,
      ", ".join(f"{name} {right:.2f}" for name, right in first.items()))

# %% [markdown]
# The bands reach from the worst seed to the best. The story goes: the fewer labels, the more a pretraining helps. Ours gave nothing with the fewest; with more labels a gain of one or two words in a hundred may be there, and one clear interval of eight can be luck.
# (Why it is not more, we have not measured.) Two lines of dropout gave more. And with 20 labels it is the rule that helps: somebody's knowledge, put in by hand.
#
# That is a finding about a small pile: 600 recordings of ten voices. Dai & Le had tens of thousands of unlabelled texts and gained much, and more with texts from elsewhere; today's pretrained language models are where it led. The test to make is this one: the same labels, the
# same updates, with and without, and the best simple rival in the same figure.

# %% [markdown]
# ## Try it
# Copy 2 and 3 into a new cell below and change them there; 1 and 4 are changes above.
#
# 1. A milder mask: set `recurrent_dropout=0.05` in *Dropout in the recurrence*. How many of the 40 units remember after 25 steps now, and how many do you expect?
# 2. A second search in the *same* folder: call `search(build, 4, 15, "my_search")` twice. How long does the second take?
# 3. Is the best epoch worth much? `compiled(keras.models.clone_model(plain)).fit(x_known, y_known, epochs=40, validation_data=(x_val, y_val), verbose=0, callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=5, restore_best_weights=True)])`,
#    with a patience of 1, 5 and 20.
# 4. Other labels, other luck: `known = labelled(7, 100)` in *By heart*, and the cells below it again.
#
# ## Check yourself
#
# **1. Your validation loss was lowest in epoch 37, at 0.21. What do you report as the net's loss?**
# <details><summary>0.21.</summary>
#
# It is the lowest of many, and those recordings picked it. *(claim: "The gain on the validation voices …")*
# </details>
# <details><summary>The loss of epoch 37 on data that had no part in the choice.</summary>
#
# Yes. That is what a test set is kept for.
# </details>
# <details><summary>The validation loss of the last epoch.</summary>
#
# Not chosen, so not flattered; but it is the loss of a net that you do not use.
# </details>
#
# **2. You write your own recurrent dropout and draw a mask at every step, on the whole state of a plain RNN. Sequences have 100 steps, the rate is 0.1. What becomes of a number that a unit holds?**
# <details><summary>It survives in 90 % of the cases.</summary>
#
# At *one* step. There are a hundred, each with a draw of its own.
# </details>
# <details><summary>It hardly ever survives: 0.9¹⁰⁰ is 0.00003.</summary>
#
# Yes. With one mask a sequence it survives in nine of ten units.
# </details>
# <details><summary>It survives in the mean, since the rest is divided by 0.9.</summary>
#
# The mean over masks stays. In nearly every single sequence the number is gone.
# </details>
#
# **3. Does Keras' `recurrent_dropout` endanger what an LSTM has in its cell state?**
# <details><summary>Yes, a dropped cell forgets.</summary>
#
# The mask is on $h_{t-1}$ where the gates and the candidate read it. $c_{t-1}$ goes on unmasked.
# </details>
# <details><summary>No, it is not masked.</summary>
#
# Yes. For the GRU the same holds of what its update gate carries. *(claim: "Along an open gate …")*
# </details>
# <details><summary>No, because the mask is the same at all steps.</summary>
#
# A constant mask on $c$ would switch some cells off for the whole sequence. There is no mask on $c$.
# </details>
#
# **4. A search over 50 settings ends after two minutes without an error. The best validation accuracy is 0.94. What do you look at first?**
# <details><summary>The settings of the best trial.</summary>
#
# Later. If 45 trials failed, it is the best of five.
# </details>
# <details><summary>How many trials are completed, and what the others say.</summary>
#
# Yes. *(claim: "The search comes to its end though …")*
# </details>
# <details><summary>Nothing: 0.94 is well above what you had.</summary>
#
# What you had was one run. Compare with the best of 50 seeds of it.
# </details>
#
# **5. Colleagues say: "our tuned net beats yours by two in a hundred". They tried 200 settings, and you trained once. What do you ask?**
# <details><summary>How the net does on data that chose nothing, and how the best of 200 seeds of the old settings does there.</summary>
#
# Yes: the same number of tries on both sides, and a test that took no part.
# </details>
# <details><summary>Whether they used Hyperband or random search.</summary>
#
# That changes what a search costs. The winner has won by luck with either.
# </details>
# <details><summary>Whether all 200 converged.</summary>
#
# Good to know. But the winner did, and the question is how it was chosen.
# </details>

# %% [markdown]
# ## Take-aways
# - The lowest point of a validation curve is partly luck: report on other data. *(claim: "The gain on the validation voices …")*
# - `Dropout` draws a new mask at every step, `recurrent_dropout` one for the sequence. *(claims: "The Dropout layer …", "With one mask a sequence …")*
# - A new mask at each step empties a plain memory; what the open gate of a GRU carries is not dropped. *(claims: "With a new mask at each step …", "Along an open gate …")*
# - Dropout on both ways was worth about as much as twice the labels here; a schedule alone and fewer units were worth nothing. *(claims: "Dropout between layers …", "Both dropouts …", "The
#   schedule alone …")*
# - The plain GRU did no better than a rule and a logistic regression: keep the best simple rival in the figure. *(claims: "The line with the start …", "With 20 labels the line …")*
# - A search ends quietly though trials fail, and goes on from what its folder holds: count the trials that are completed. *(claims: "The search comes …", "A second search …", "All four
#   trials …")*
# - The best of many seeds shines where it was chosen, and nowhere else; hold a search against it. *(claims: "The best of 16 seeds …", "On the test voices …", "The best of 16 trials …", "What the search gains …")*
# - Pretraining on the few recordings there are gave nothing with 20 labels, little that five seeds could tell from luck with more, and less than dropout. *(claims: "With 20 labels neither …", "Of eight mean gains …",
#   "With 100 labels either …")*
#
# **Exercises.** [Exercises 15](exercises/15_regularised_and_tuned.ipynb): a mask that is constant over time, early stopping by hand, a rate that rises and falls. The notebook says how many minutes each takes.
#
# ## Read on
# - W. Zaremba, I. Sutskever and O. Vinyals, *Recurrent neural network regularization*, 2014: dropout on the way up, not on the way along, and how much larger nets may then be.
# - Y. Gal and Z. Ghahramani, *A theoretically grounded application of dropout in recurrent neural networks*, NeurIPS 2016: why one mask a sequence, also for inputs and whole words.
# - S. Semeniuta, A. Severyn and E. Barth, *Recurrent dropout without memory loss*, COLING 2016: which part of a gated cell to mask, and which not.
# - J. L. Ba, J. R. Kiros and G. E. Hinton, *Layer normalization*, 2016: the sums of a recurrent layer, normalised at each step.
# - A. M. Dai and Q. V. Le, *Semi-supervised sequence learning*, NeurIPS 2015: the sequence autoencoder and the language model as a start for classifiers of text.
