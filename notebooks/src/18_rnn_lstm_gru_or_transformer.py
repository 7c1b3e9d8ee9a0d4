# rnncourse: serial
# %% [markdown]
# # 18 · RNN, LSTM, GRU or Transformer
#
# **Five ways to read a sequence, one small data set, one laptop: which do you take, and how would you know?**
#
# **You will be able to**
# - set up a comparison that is fair about size, about time and about tuning, and say what it still leaves open;
# - read a table of architectures: intervals first, baselines second, the winner last;
# - say how training time grows with the length of a sequence, and what writing one more token costs, for each of the five;
# - test a common belief about architectures instead of repeating it;
# - name the case in which you should train none of them from scratch.
#
# **You need** [lesson 13](13_gru_and_which_to_choose.ipynb) (fair comparisons, verdicts from seeds) and [lesson 17](17_attention_and_the_transformer.ipynb) (the
# Transformer's block and its cache). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from dataclasses import replace
from rnncourse import measure, models, plots
from rnncourse.measure import baselines, claim
from rnncourse.measure.experiments import showdown
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
import time

plots.use_style()
seed = rnncourse.seed()
names = {"simple": "plain RNN", "lstm": "LSTM", "gru": "GRU", "transformer": "Transformer", "conv": "convolution"}

# %% [markdown]
# ## Five ways to look back
# At step $t$ a network needs something that stood at step $s$. How does it get there?
#
# | | the way from $s$ to $t$ | steps that must wait for each other | kept for writing on |
# | --- | --- | --- | --- |
# | **plain RNN, LSTM, GRU** | through all $t - s$ states between | $T$ | one state (an LSTM's is two rows, $h$ and $c$) |
# | **Transformer** | directly, in every block | as many as there are blocks | keys and values of every step |
# | **convolution**, causal and dilated | through layers, each reaching twice as far as the one below | as many as there are layers | the inputs of every layer within its reach |
#
# (Vaswani et al. 2017 have such a table; Bai et al. 2018 made the case for the convolution.) On paper the recurrent nets have the longest way and the longest wait, and the smallest memory. Whether
# that matters for *your* task is no question of paper.
#
# ### What is fair?
# Five nets, five tasks of this course. To compare them, somebody has to decide four things:
#
# - **Size.** All five get as many parameters as a Transformer of two blocks. The convolution gets as many layers as it takes to reach across the sequence.
# - **Training.** Equal updates on equal batches, or equal seconds? We do it once so, once so.
# - **Tuning.** Two learning rates for each net and task, 0.003 and 0.01; the better one on *validation* data, by two seeds, counts. The same schedule, the same clipping for all.
# - **Chance.** Five seeds, and an interval.
#
# And this stays open: the recurrent nets have one layer, the others two or more. The nets are small and the trainings short. Two rates are few: whichever wins, a better one may lie beyond it.
#
# One function does all of it: `showdown.net` builds the nets, `showdown.fought` trains and scores them. **Before you run it:** with equal parameters, which net gets the most units?

# %%
five = {"translation": "targets wholly right", "recall 40": "accuracy", "sentiment": "accuracy", "Python": "loss in nats",
        "forecasting": "RMSE in °C"}
tasks = {name: showdown.TASKS[name] for name in five}
units = {name: [showdown.units_of(cell, task) for cell in names] for name, task in tasks.items()}
counts = {name: [showdown.parameters_of(cell, task, H) for cell, H in zip(names, units[name], strict=True)]
          for name, task in tasks.items()}
rows = list(zip(*[[f"{H} ({count:,})" for H, count in zip(units[name], counts[name], strict=True)] for name in five],
                strict=True))
plots.table(rows, title="Units, and parameters above the Embedding", rows=list(names.values()), columns=list(five),
            models=list(names))
plt.show()
spread = max(max(count) / min(count) for count in counts.values())
claim("On every task the five nets have the same number of parameters, give or take 6 %", spread < 1.06,
      f"largest ÷ smallest {spread:.3f} at most")
built = {cell: showdown.net(cell, tasks["forecasting"]).count_params() for cell in names}
claim("Keras counts the same", list(built.values()) == counts["forecasting"], ", ".join(f"{n:,}" for n in built.values()))

# %% [markdown]
# Look at the first column of numbers. A plain RNN buys twice as many units as an LSTM with the same parameters. "An LSTM beats an RNN of the same width" and "of the same size" are two different sentences.
#
# ### The tasks
# | task | what it takes | data | a rival that is no net |
# | --- | --- | --- | --- |
# | **translation**: digit ciphers of 2 to 8 digits (lesson 11) | carry every digit, in order, to its place | 14,000 pairs | – |
# | **recall**: the first of 41 symbols (lesson 05) | keep one thing over distractors | 5,600 rows | a guess |
# | **sentiment**: reviews where word order decides (lesson 08) | a little grammar | 20,000 reviews of at most 25 tokens | bag of words |
# | **Python**: the next character (lesson 09) | much text, many small regularities | pieces of 32 from 800,000 characters | trigram |
# | **forecasting**: El Niño, 3 months ahead (lesson 01) | a short, noisy record | 486 windows of 24 months | linear regression |
#
# To let all five nets translate, source and target are *one* sequence: the source, a start mark, the target, read from left to right, and only what comes after the mark is scored. That is how large language
# models translate. Nobody writes token by token here, and nobody need: a target whose every token is the likeliest one after the *true* tokens before it is, token by token, what greedy decoding writes.
#
# ## Equal parameters, equal updates
# A few hundred updates each, on batches of 64: what one thread does in a few seconds. Remember that number when you read the results. They say who learns *soonest*, not who is best in
# the end. **Before you look:** pick a winner for each of the five tasks, and one place where you expect the plain RNN not to be last.

# %%
def summary(frame, task):
    """Mean and half a 95 % interval of the five seeds' scores, architecture by architecture."""
    runs = frame[frame["task"] == task][["architecture", "score"]]
    found = measure.summarise(runs, "architecture").set_index("architecture").loc[list(names)]
    return found["score"].to_numpy(), (found["score"] - found["score_low"]).to_numpy()


def draw(frame, task, ax, title, rival=None):
    means, halves = summary(frame, task)
    plots.intervals(list(names.values()), means, halves, models=list(names), reference=rival, form="{:.3f}", title=title,
                    xlabel=five[task], ax=ax)


by_updates = measure.results("showdown")                           # a row a net
rates = by_updates[by_updates["task"].isin(list(five))].groupby(["task", "architecture"])["learning_rate"].first()
claim("Most nets took the higher of the two rates, so that the best may lie above both", (rates == 0.01).sum() > 15,
      f"{(rates == 0.01).sum()} of {len(rates)}")

# %%
rivals = {"recall 40": ("a guess", 1 / 8)}
(x, y), _, (x_test, y_test) = tasks["sentiment"].load()            # (20000, 25) ids of words, (20000,)
rivals["sentiment"] = "bag of words", float((baselines.bag_of_words(x, y).predict(x_test) == y_test).mean())
(code, _), _, (code_test, _) = tasks["Python"].load()              # (n, 32) ids of characters
read = 64 * 32 * tasks["Python"].updates                           # characters that a net reads in training: all
rivals["Python"] = "trigram", baselines.ngram(code.ravel()[:read], code_test.ravel(), vocab_size=98, order=3)
(x, y), _, (x_test, y_test) = tasks["forecasting"].load()          # (486, 24, 1), (486, 1), standardised
with_one = [np.column_stack([part[..., 0], np.ones(len(part))]) for part in (x, x_test)]
line = with_one[1] @ np.linalg.lstsq(with_one[0], y, rcond=None)[0]                # (84, 1)
rivals["forecasting"] = "linear regression", tasks["forecasting"].score(line, y_test)

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.6))
draw(by_updates, "translation", panel[0], "Translation: the Transformer is done, the others have begun")
draw(by_updates, "recall 40", panel[1], "Recall: gates have not learned it yet", rivals["recall 40"])
plt.show()

# %%
figure, panel = plt.subplots(3, 1, figsize=(7.0, 8.4))
titles = {"sentiment": "Sentiment: LSTM and GRU ahead on average", "Python": "Python: all behind the trigram",
          "forecasting": "Forecasting: nobody far ahead of the line"}
for ax, (task, title) in zip(panel, titles.items(), strict=True):
    draw(by_updates, task, ax, title, rivals[task])
plt.show()

# %%
score = {task: by_updates[by_updates["task"] == task].groupby("architecture")["score"].apply(np.array) for task in five}
others = np.concatenate([score["translation"][cell] for cell in names if cell != "transformer"])
claim("In translation the Transformer is right in 99 of 100 targets, when no other net is right in two of three",
      score["translation"]["transformer"].min() > 0.99 and others.max() < 2 / 3,
      f"{score['translation']['transformer'].min():.3f} at least, others {others.max():.2f} at most")
reached = np.concatenate([score["recall 40"][cell] for cell in ("simple", "transformer", "conv")])
claim("In recall every plain RNN, every Transformer and every convolution is right in 99 of 100 rows", reached.min() > 0.99,
      f"{reached.min():.3f} at least")
claim("No GRU and at most one LSTM of five does better than 0.2 there",
      (score["recall 40"]["gru"] < 0.2).all() and (score["recall 40"]["lstm"] < 0.2).sum() >= 4,
      f"GRU {score['recall 40']['gru'].max():.2f} at most, LSTM {np.sort(score['recall 40']['lstm'])[-2]:.2f} but for one")
gated = np.concatenate([score["sentiment"][cell] for cell in ("lstm", "gru")])
claim("In sentiment the nets with gates are ahead of the Transformer, the plain RNN and the bag of words",
      gated.min() > 1.05 * max(rivals["sentiment"][1], *score["sentiment"]["transformer"], *score["sentiment"]["simple"]),
      f"{gated.min():.2f} at least, Transformer {score['sentiment']['transformer'].max():.2f} at most")

# %%
first, rest = (np.concatenate([score["Python"][cell] for cell in cells])
               for cells in (("transformer", "gru"), ("simple", "lstm", "conv")))
claim("On Python every Transformer and every GRU has less loss than every plain RNN, LSTM and convolution",
      first.max() < rest.min() - 0.03, f"{first.max():.2f} at most, others {rest.min():.2f} at least")
claim("None has less than a trigram of the same text", first.min() > 1.02 * rivals["Python"][1],
      f"{first.min():.2f} at least, trigram {rivals['Python'][1]:.2f}")
degrees = {cell: score["forecasting"][cell].mean() for cell in names}
claim("In forecasting the Transformer makes the largest error on average, the convolution the second largest",
      sorted(degrees, key=degrees.get)[-2:] == ["conv", "transformer"], ", ".join(f"{names[c]} {v:.2f}" for c, v in degrees.items()))
claim("No net beats the linear regression there by 10 % on average", min(degrees.values()) > 0.9 * rivals["forecasting"][1],
      f"best {min(degrees.values()):.2f}, linear regression {rivals['forecasting'][1]:.2f} °C")

# %% [markdown]
# No order of the five nets holds on all tasks. What may be behind it, task by task:
#
# - **Translation** is looking up: target token $i$ needs source token $i$. Attention can learn to point there, once and for all places. The others have to carry eight digits through a state, or through layers.
# - **Recall** needs nothing but a symbol kept, and an orthogonal recurrent kernel carries one through 40 steps before any training (lesson 05). Gates that begin half closed have to be opened first, and 400 updates were too few; a
#   larger forget bias helps (lesson 12). Where neither rate learns anything, as with the GRU, validation chooses between them by chance.
# - **Sentiment** needs a little grammar over a few words, and there the gated nets learn soonest.
# - **Python**: counting triples beats all five. It takes time to overtake it: lesson 13's GRUs, as small as these, did so after 1,000 updates.
# - **Forecasting** has 486 windows. Where data are short, the net with the fewest opinions about sequences has the most to learn: little tells a new Transformer that last month matters more than last year.
#   Or it has simply been trained too long: look at its 50 updates below.
#
# ### Recall by lag
# How far does each net get within its 400 updates? **Before you look:** from which lag on will a plain RNN fail?

# %%
lags = (10, 20, 40)
runs = by_updates.set_index(["architecture", "task"])["score"].sort_index()
right = np.array([[runs[cell, f"recall {lag}"] for lag in lags] for cell in names])                 # (5 nets, 3 lags, 5 seeds)
plots.solved(np.moveaxis(right, -1, 0), rows=list(names.values()), columns=[f"{lag} distractors" for lag in lags], above=True,
             threshold=0.99, form="{:.2f}", xlabel="recall, median accuracy (a guess: 0.125)",
             title="Gates have not learned to recall over 40 distractors")
plt.show()
claim("Over 10 distractors all five recall in every run", right[:, 0].min() > 0.99, f"{right[:, 0].min():.3f} at least")
claim("Every plain RNN recalls over all three lags", right[0].min() > 0.99, f"{right[0].min():.3f} at least")

# %% [markdown]
# "Plain RNNs fail beyond 10 steps" is what one reads. Over 40 steps it is the nets *with* gates that fail here, and in lesson 05 nearly half of the plain RNNs recalled over 80. Do not take it for praise of plain RNNs: on adding, which needs more than keeping, they fail at 80 where LSTMs do not (lesson 12).
#
# ### Verdicts
# Points alone can mislead. So here is lesson 13's question for each net and task: its loss as a multiple of the LSTM's, seed by seed, and the 95 % interval of that ratio. **Better**: all of it below 1. **No worse**: below 1.1, so perhaps a little worse.
# **Worse**: all of it above 1. **Open**: five seeds do not say. (Twenty verdicts a table, each from a 95 % interval: expect one of them to be chance.)

# %%
def against(frame, task, rival="lstm", margin=1.1):
    """Lesson 13's verdict on each architecture: its loss as a multiple of the rival's, seed by seed."""
    losses = frame[frame["task"] == task].pivot(index="seed", columns="architecture", values="test")
    words = []
    for cell in names:
        ratio = pd.DataFrame({"log": np.log(losses[cell] / losses[rival])})
        low, high = np.exp(measure.summarise(ratio)[["log_low", "log_high"]].iloc[0])
        words.append("–" if cell == rival else "better" if high < 1 else "no worse" if high < margin else
                     "worse" if low > 1 else "open")
    return words


def verdict_table(frame, title):
    words = {task: against(frame, task) for task in five}
    plots.table(list(zip(*words.values(), strict=True)), title=title, rows=list(names.values()), columns=list(five),
                models=list(names), corner="loss against the LSTM's")
    plt.show()
    return {task: dict(zip(names, found, strict=True)) for task, found in words.items()}


verdicts = verdict_table(by_updates, "Equal parameters, equal updates: what five seeds say")

# %% [markdown]
# ## Equal parameters, equal seconds
# Equal updates are not equal work. An update of one net may take three times as long as that of another. So now each net may train for as long as the LSTM took for *its* updates, at the learning rate
# chosen above. (Seconds of the processor, one thread, each net in the faster of two ways to run it on a CPU: compiled by XLA, or, for the convolution, not. Updates come in
# fifties, and times vary, so "equal" is approximate; a claim says how much.)
#
# **Before you look:** the Transformer's updates were the slowest. What becomes of its lead in translation?

# %%
by_seconds = measure.results("showdown_by_seconds")
updates = {task: [showdown.UPDATES[task][cell] for cell in names] for task in five}
shown = [[f"{summary(by_seconds, task)[0][i]:.2f} ({updates[task][i]})" for task in five] for i in range(5)]
plots.table(shown, title="Equal seconds: score, and updates in brackets", rows=list(names.values()), columns=list(five),
            models=list(names), corner="mean of 5 seeds")
plt.show()
in_time = verdict_table(by_seconds, "Equal parameters, equal seconds: what five seeds say")

# %%
in_seconds = {task: dict(zip(names, summary(by_seconds, task)[0], strict=True)) for task in five}
claim("In the LSTM's seconds the Transformer gets at most half of its updates, on every task",
      all(showdown.UPDATES[task]["transformer"] <= 0.5 * tasks[task].updates for task in five),
      ", ".join(f"{showdown.UPDATES[task]['transformer']} of {tasks[task].updates}" for task in five))
claim("In these seconds its translations fall from nearly all right to fewer than half",
      in_seconds["translation"]["transformer"] < 0.5, f"{in_seconds['translation']['transformer']:.2f}")
claim("Called better than the LSTM by updates, it is not by seconds",
      verdicts["translation"]["transformer"] == "better" != in_time["translation"]["transformer"],
      f"{in_seconds['translation']['transformer']:.2f} against the LSTM's {in_seconds['translation']['lstm']:.2f}: "
      f"{in_time['translation']['transformer']}")

# %%
clock = by_seconds.groupby(["task", "architecture"])["seconds"].median().unstack()
clock = clock.div(clock["lstm"], axis=0).to_numpy()                # (5 tasks, 5 nets), the LSTM's seconds as the unit
claim("The seconds are equal within a factor of 1.5", clock.min() > 1 / 1.5 and clock.max() < 1.5,
      f"{clock.min():.2f} to {clock.max():.2f}")
sooner, later = (np.log(nats["transformer"] / nats["gru"]) for nats in
                (frame[frame["task"] == "Python"].pivot(index="seed", columns="architecture", values="test")
                 for frame in (by_updates, by_seconds)))
claim("On Python the Transformer has less loss than the GRU by updates, with every seed, and more by seconds",
      sooner.max() < 0 < later.min(), f"{np.exp(sooner.mean()):.2f} and {np.exp(later.mean()):.2f} times as much on average")
claim("By seconds the Transformer is better than the LSTM in recall and on Python, and worse in sentiment",
      [in_time[task]["transformer"] for task in ("recall 40", "Python", "sentiment")] == ["better", "better", "worse"],
      ", ".join(f"{task}: {in_time[task]['transformer']}" for task in ("recall 40", "Python", "sentiment")))

# %%
long, brief = (frame[frame["task"] == "forecasting"].pivot(index="seed", columns="architecture", values="score")["transformer"]
               for frame in (by_updates, by_seconds))
claim("In forecasting the Transformer makes less error after 50 updates than after 200, with every seed", (brief < long).all(),
      f"on average {brief.mean():.2f} and {long.mean():.2f} °C")

# %% [markdown]
# The same nets, the same data, the same laptop. By updates the Transformer has finished translating; by seconds it has begun, like the others. On Python the GRU overtakes it. And in forecasting fewer updates do it good: it had been trained too long, or too fast, and stopping early (lesson 15) would have been part of
# a fair tuning. Both tables are right. They answer two questions: *what does it learn from so much data?* and *what do I have when I have to
# stop?* On a GPU the seconds would be others again. So a sentence "A beats B" needs its "at equal …", or it says nothing.
#
# ### Is the table still true?
# Kept tables grow old. One net of each of the two is trained again, here and now, with a seed that the tables do not have. A 99.9 % prediction interval from the five kept seeds says where its loss should fall.

# %%
checks = [measure.spot_check(name, "test", where={"task": ["forecasting"], "architecture": ["simple"]}, log=True)
          for name in ("showdown", "showdown_by_seconds")]
for check, matched in zip(checks, ("updates", "seconds"), strict=True):
    claim(f"A net of the table by {matched}, trained again, falls where the table says", check.agrees, str(check))

# %% [markdown]
# ## From 100 examples to 20,000
# "Transformers need much data and overfit small data" is the commonest of all sentences about them. Reviews again, the same nets, the same 300 updates; but each net may see only 100 of the 20,000
# training reviews, or 1,000, or all. (Another hundred for every seed. The learning rate is that of the full set.) A bag of words gets the same reviews.
#
# **Before you look:** who is best with 100 reviews? Do the curves cross?

# %%
by_examples, sizes = measure.results("sentiment_by_examples"), (100, 1000, 20_000)
(x, y), _, (x_test, y_test) = tasks["sentiment"].load()
bags = [[(baselines.bag_of_words(x[part], y[part]).predict(x_test) == y_test).mean() for part in
         (np.random.default_rng([k, 18]).permutation(len(x))[:size] for k in range(5 if size < 20_000 else 1))]
        for size in sizes]                                         # the same reviews as the nets' of seed k
means = by_examples.groupby(["architecture", "examples"])["score"].mean()
curves = {"bag of words": [np.mean(found) for found in bags]} | {name: means[cell].to_list() for cell, name in names.items()}
plots.lines(sizes, curves, models=["bag", *names], log="x", marker="o", xlabel="training reviews (log)",
            ylabel="accuracy, mean of 5 seeds", title="1,000 reviews: the bag keeps up. 20,000: it does not")
plt.xticks(sizes, [f"{size:,}" for size in sizes])
plt.minorticks_off()
plt.show()

# %%
small, middle, large = (by_examples[by_examples["examples"] == size].pivot(index="seed", columns="architecture", values="score")
                        for size in sizes)
mean_bag = [np.mean(found) for found in bags]
claim("With 100 reviews nobody is far from a guess, the bag of words included",
      small.to_numpy().max() < 0.6 and max(bags[0]) < 0.6, f"nets {small.to_numpy().max():.2f} at most, the bag {max(bags[0]):.2f}")
weak = middle[["simple", "transformer", "conv"]].mean()
claim("With 1,000 the bag is on average ahead of plain RNN, Transformer and convolution, and no net is ahead of it by 0.02",
      mean_bag[1] > 1.04 * weak.max() and middle.mean().max() < mean_bag[1] + 0.02,
      f"the bag {mean_bag[1]:.2f}, these three {weak.max():.2f} at most, LSTM and GRU {middle[['lstm', 'gru']].mean().max():.2f}")
claim("With 20,000 every LSTM, GRU and convolution is ahead of it: the curves cross",
      large[["lstm", "gru", "conv"]].to_numpy().min() > 1.02 * mean_bag[2],
      f"{large[['lstm', 'gru', 'conv']].to_numpy().min():.2f} at least, the bag {mean_bag[2]:.2f}")
claim("The convolution is behind the Transformer with 1,000, on average, and with 20,000 ahead of it with every seed",
      middle["conv"].mean() < middle["transformer"].mean() - 0.02 and (large["conv"] > large["transformer"]).all(),
      f"{middle['conv'].mean():.2f} and {middle['transformer'].mean():.2f}, {large['conv'].mean():.2f} and {large['transformer'].mean():.2f}")

# %%
pairs = (baselines.bag_of_words(x, y, order=2).predict(x_test) == y_test).mean()
claim("A bag that also counts pairs of neighbours is ahead of every Transformer and plain RNN there, and behind every LSTM and GRU",
      large[["transformer", "simple"]].to_numpy().max() < pairs < large[["lstm", "gru"]].to_numpy().min(),
      f"{pairs:.2f}, these at most {large[['transformer', 'simple']].to_numpy().max():.2f}, those at least "
      f"{large[['lstm', 'gru']].to_numpy().min():.2f}")
losses = by_examples[by_examples["examples"] == 100].pivot(index="seed", columns="architecture", values="test")
claim("With 100 reviews every net is worse than one that always says fifty-fifty, the Transformer on average less so than the LSTM",
      losses.min().min() > 1 and losses["transformer"].mean() < 0.9 * losses["lstm"].mean(),
      f"loss {losses.min().min():.1f} at least (fifty-fifty: 0.69), Transformer {losses['transformer'].mean():.1f}, LSTM "
      f"{losses['lstm'].mean():.1f} on average")
check = measure.spot_check("sentiment_by_examples", "test", where={"architecture": ["simple"], "examples": [100, 1000]}, log=True)
claim("A net of this table, trained again, falls where the table says", check.agrees, str(check))

# %% [markdown]
# "Transformers overfit small data": yes. So did all the others. Each of the 100 reviews was seen some two hundred times, and a loss so far above fifty-fifty on new ones means to be sure of oneself and wrong. Stopping early, dropout and all
# of lesson 15 would help each of them. With 100 reviews there is no order: all guess. But look at the convolution: with 1,000 it is last but for the plain RNN, behind the Transformer and the bag, and with 20,000 ahead of both. A comparison on a
# small sample of your data does not tell who wins on the whole of it.

# %% [markdown]
# ## What an update costs, by the length
# Recurrent nets compute step after step: twice the steps, twice the time. A convolution does the same work at every step. Attention compares every step with every other: $T^2$ scores. So much for paper. What counts on
# *your* machine is where the square begins to hurt.
#
# Five nets of equal parameters (the Transformer with 24 units), batches of 8 sequences of 32, 128 and 512 steps, as plain Keras runs them. Times are the processor's, taken in turn. **Before you run it:** at 32 steps,
# which is the fastest? And at 512?

# %%
long_task = replace(tasks["recall 40"], steps=512, width=24)
lengths, batch = (32, 128, 512), 8


def update_of(model):
    adam = keras.optimizers.Adam()
    adam.build(model.trainable_variables)

    def update(x, y):
        with tf.GradientTape() as tape:
            value = showdown.loss(y, model(x, training=True))
        adam.apply(tape.gradient(value, model.trainable_variables))
        return value
    of_any_length = tf.TensorSpec((batch, None), tf.int32), tf.TensorSpec((batch,), tf.int64)
    return tf.function(update).get_concrete_function(*of_any_length)


long_nets = {cell: showdown.net(cell, long_task) for cell in names}
updates_of = {cell: update_of(net) for cell, net in long_nets.items()}

# %%
taken = {(cell, T): [] for cell in names for T in lengths}
for _ in range(4):                                                 # in turn, so that all meet the same disturbances
    for cell, T in taken:
        x_long, y_long = tf.random.uniform((batch, T), maxval=16, dtype=tf.int32), tf.zeros(batch, tf.int64)
        begin = time.process_time()
        updates_of[cell](x_long, y_long).numpy()
        taken[cell, T].append(time.process_time() - begin)
spent = {cell: np.array([1e3 * np.median(taken[cell, T][1:]) for T in lengths]) for cell in names}  # ms an update
plots.lines(lengths, {names[cell]: ms for cell, ms in spent.items()}, models=list(names), log="xy", marker="o",
            xlabel="steps T (log)", ylabel="ms an update (log)", title="Beyond some length the square of attention shows")
plt.xticks(lengths, lengths)
plt.minorticks_off()
plt.show()
growth = {cell: ms[2] / ms[1] for cell, ms in spent.items()}       # 128 → 512 steps

# %%
if tf.config.list_physical_devices("GPU"):
    print("a GPU is in use: the claims about time are made for CPUs")
else:
    claim("From 128 to 512 steps the Transformer's update takes more than 4.5 times as long", growth["transformer"] > 4.5,
          f"{growth['transformer']:.1f} times")
    claim("The convolution's grows less than half as much as that", growth["conv"] < 0.5 * growth["transformer"],
          f"{growth['conv']:.1f} times")
    claim("The recurrent nets' take 2 to 8 times as long", all(2 < growth[cell] < 8 for cell in ("simple", "lstm", "gru")),
          ", ".join(f"{names[cell]} {growth[cell]:.1f}" for cell in ("simple", "lstm", "gru")))
    gru_share = spent["gru"] / spent["lstm"]
    claim("At equal parameters the GRU's update takes between half and three times the LSTM's time",
          gru_share.min() > 0.5 and gru_share.max() < 3, ", ".join(f"{share:.2f}" for share in gru_share))

# %% [markdown]
# The papers' great speed-ups come from hardware with thousands of units that all want work at once. There the $T$ steps that wait for each other are what costs, and a Transformer has only as many as blocks
# (Vaswani et al. 2017). On two cores there is nobody to share the work with, and what counts is how much there is.
# Who is fastest at 32 steps? Read it off your own figure: it depends on the machine. From 128 to 512, four times as far, the square alone would make 16; where you see more, something else costs time as well, perhaps that the scores no longer fit into the processor's fast memory.
#
# ## What one more token costs
# Training reads sequences whole. *Writing* is one token at a time, and now the roles change. A recurrent net keeps its state. A causal Transformer keeps, for every step read so far and in every block, a key and a value
# (lesson 17): $2 \cdot \text{blocks} \cdot T \cdot \text{units}$ numbers, and the next token looks at all of them. A convolution keeps its inputs within reach.
#
# **Before you run it:** one block of 64 units, 8,192 tokens of context, 4 bytes a number. How many bytes is the cache of one sequence? How many is the state of a GRU of 64 units?

# %%
width, contexts, rows = 64, (64, 512, 8192), 4
block, gru_cell = models.TransformerBlock(4, causal=True, rotary=True), keras.layers.GRUCell(width)
x_token = tf.random.normal((rows, width))
gru_state = gru_cell(x_token, [tf.zeros((rows, width))])[1]
block(x_token[:, None])                                            # builds it


def bytes_kept(tensors):
    return sum(int(np.prod(tensor.shape[1:])) * 4 for tensor in tensors)           # of one sequence


def writer(step, x, state):
    """Sixty-four tokens in one compiled loop, each read as soon as it is there."""
    def write(x, state):
        for _ in tf.range(64):
            x, state = step(x, state)
        return x
    return tf.function(write, jit_compile=True).get_concrete_function(x, state)

# %%
caches = {context: block.initial_cache(rows, context) for context in contexts}
nearly_full = {context: cache | {"read": tf.fill((rows,), context - 64)} for context, cache in caches.items()}
writers = {context: writer(block.step, x_token, cache) for context, cache in nearly_full.items()}
states = nearly_full | {"GRU": gru_state}                          # a GRU's step is the same, whatever it has read
writers["GRU"] = writer(gru_cell, x_token, gru_state)
taken = {key: [] for key in writers}
for _ in range(8):                                                 # in turn
    for key, write in writers.items():
        begin = time.process_time()
        write(x_token, states[key]).numpy()
        taken[key].append(1e6 * (time.process_time() - begin) / 64)
per_token = {key: float(np.median(found[1:])) for key, found in taken.items()}     # µs
kept = {context: bytes_kept([cache["key"], cache["value"]]) for context, cache in caches.items()} | {"GRU": bytes_kept(gru_state)}

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.6))
for ax, found, ylabel, title in ((panel[0], kept, "bytes (log)", "Kept for one sequence"),
                                 (panel[1], per_token, f"µs, {rows} sequences (log)", "Time for one more token")):
    curves = {"Transformer": [found[context] for context in contexts], "GRU": [found["GRU"]] * 3}
    plots.lines(contexts, curves, models=["transformer", "gru"], log="xy", marker="o", xlabel="tokens read (log)", ylabel=ylabel,
                title=title, ax=ax)
    ax.set_xticks(contexts, contexts)
    ax.minorticks_off()
plt.show()

# %%
print(f"8,192 tokens: the cache holds {kept[8192]:,} bytes, the GRU's state {kept['GRU']:,}")
claim("The cache holds 2 · T · units numbers, the state of a GRU as many as it has units",
      all(kept[T] == 2 * T * width * 4 for T in contexts) and kept["GRU"] == width * 4,
      ", ".join(f"{kept[T]:,}" for T in contexts) + f" bytes, GRU {kept['GRU']:,}")
if not tf.config.list_physical_devices("GPU"):
    more = per_token[8192] / per_token[64]
    claim("With 8,192 tokens behind it a Transformer's next token takes more than three times as long as with 64", more > 3,
          f"{more:.1f} times")
    claim("There the GRU's takes less than a fifth of the Transformer's time", per_token["GRU"] < 0.2 * per_token[8192],
          f"{per_token['GRU'] / per_token[8192]:.2f} of it")

# %% [markdown]
# This is the other side of looking up. What attention can look at, somebody has to keep. (There are many ways to keep less: a window, shared keys and values, smaller numbers. Each gives something up.) A state that stays as large as it is has to forget; a cache need not. Jelassi
# et al. (2024) make it a theorem: a model whose state has a fixed size cannot copy strings beyond some length, a Transformer of two blocks copies strings of a length exponential in its size.

# %% [markdown]
# ## Deciding
# Every reason below is a claim of this course or a paper's.
#
# | if … | look first at … | because |
# | --- | --- | --- |
# | somebody has pretrained a model for such data (text, speech) | fine-tuning it, today a Transformer as a rule | Howard & Ruder (2018), Devlin et al. (2019), Baevski et al. (2020); not measured here |
# | you have no yardstick yet | counting, naive forecasts, a line | "A linear regression on the changes …" (lesson 01), "No net beats the linear …" above; Zeng et al. (2023) |
# | something has to be copied or looked up, anywhere in the input | attention | "In translation …" above, by updates ("Called better …": by seconds five seeds leave it open); Bahdanau et al. (2015), Jelassi et al. (2024) |
# | one thing has to be kept over a lag that you know | attention, a convolution that reaches, a plain RNN that starts orthogonal, an LSTM with a forget bias near $\ln T$ | "In recall every …" above; "With forget bias 3 every …" (lesson 12); Tallec & Ollivier (2018) |
# | something has to be added up | a net with gates | "Every LSTM of the table …" (lesson 12), "On adding every net …" (lesson 13), against plain RNNs; the other two we have not let add (Bai et al. 2018: a convolution can) |
# | something has to be counted, beyond the lengths of training | an LSTM or an RNN with ReLU | Weiss et al. (2018) |
# | sequences are long, and you train on a GPU | a Transformer, a convolution, or lesson 19's recurrences | Vaswani et al. (2017), Bai et al. (2018), Gu & Dao (2023) |
# | it has to write, or listen, for hours in a fixed memory | a recurrent net; a convolution, if its reach is enough | "The cache holds …" above |
# | GRU or LSTM? | both, each at several rates | "Whether GRU or LSTM adds better …" (lesson 13); Greff et al. (2017) |
#
# The first row is the most important one, and this course has not measured it: lesson 15 pretrained one small GRU on its own recordings, no more. All nets above began with random numbers. A Transformer that has read a billion words before it sees your 100 reviews is
# another thing altogether, and for text today it is the usual choice. **No result above carries over to it.** What carries over is the way of asking: a yardstick that could have won, equal conditions that you can name, tuning for all, several
# seeds, and an interval.

# %% [markdown]
# ## Four beliefs
# | one reads | we measured | so |
# | --- | --- | --- |
# | "Plain RNNs fail beyond 10 steps." | recall over 40 distractors: all five plain RNNs right, no GRU ("In recall every …", "No GRU and …") | it depends on the task and on the first weights: on *adding* plain nets do fail (lesson 12) |
# | "The GRU is faster than the LSTM." | at equal parameters on five tasks, below | no, it is as slow or slower: it has more units; with equal *units* it has a quarter less to do (lesson 13) |
# | "Transformers overfit small data." | 100 reviews: all five do ("With 100 reviews every net …"); 486 windows: the Transformer is last after 200 updates, and better after 50 ("In forecasting …") | true, but not of Transformers alone |
# | "Transformers train faster." | more seconds an update than the LSTM on all five tasks, below; and yet ahead in the *same* seconds on two of them ("By seconds …") | an update: on GPUs (Vaswani et al. 2017), not on two cores at these sizes. To a good net: it depends on the task |

# %%
per_update = {task: runs_of.groupby("architecture")["seconds"].median() / tasks[task].updates
              for task, runs_of in by_updates.groupby("task", sort=False) if task in five}
gru, attention = ({task: float(spent_on[cell] / spent_on["lstm"]) for task, spent_on in per_update.items()}
                  for cell in ("gru", "transformer"))
figure, panel = plt.subplots(2, 1, figsize=(7.0, 4.8))
for ax, cell, found in ((panel[0], "gru", gru), (panel[1], "transformer", attention)):
    plots.bars(found, models=[cell] * 5, form="{:.1f}", reference=("the LSTM", 1), ax=ax,
               xlabel="seconds an update ÷ the LSTM's", title=f"{names[cell]}: time for an update, equal parameters")
plt.show()
claim("On none of the five tasks did a GRU's update take a tenth less than an LSTM's", min(gru.values()) > 0.9,
      f"{min(gru.values()):.2f} to {max(gru.values()):.2f}")
claim("A Transformer's took more than twice as many, on every task", min(attention.values()) > 2,
      f"{min(attention.values()):.1f} to {max(attention.values()):.1f}")

# %% [markdown]
# ## Try it
# Each line stands on its own: copy it into a new cell below, change it, run it.
#
# 1. One more seed of any net: `showdown.showdown([77], task="recall 40", architecture="simple")`.
# 2. Has the LSTM only been trained too short? `showdown.fought([0], task="recall 40", architecture="lstm", learning_rate=0.01, updates=2000)`, about ten seconds.
# 3. A smaller Transformer: `small = replace(tasks["recall 40"], width=8)`, then `showdown.parameters_of("transformer", small, 8)`.
# 4. Whose losses against the Transformer's? `verdicts_there = {task: against(by_updates, task, rival="transformer") for task in five}`
# 5. Move the slider: at which context does a cache outgrow the model it serves?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def cache_of(blocks, units, contexts):
    return 2 * blocks * units * contexts * 4 / 2**20               # MiB of one sequence


def redraw(blocks):
    contexts = 2 ** np.arange(6, 18)
    weights = blocks * (12 * 512**2 + 13 * 512) * 4 / 2**20        # MiB of the blocks' weights
    plots.lines(contexts, {"cache of one sequence": cache_of(blocks, 512, contexts), "weights": np.full(12, weights)},
                models=["transformer", "baseline"], log="xy", xlabel="tokens read (log)", ylabel="MiB (log)",
                title=f"{blocks} blocks of 512 units: cache and weights")
    plt.show()


slider = ipywidgets.IntSlider(6, min=1, max=24, continuous_update=False)
_ = ipywidgets.interact(redraw, blocks=slider)

# %%
contexts_shown = 2 ** np.arange(6, 18)
weights = 6 * (12 * 512**2 + 13 * 512) * 4 / 2**20                 # MiB
plots.lines(contexts_shown, {"cache of one sequence": cache_of(6, 512, contexts_shown), "weights": np.full(12, weights)},
            models=["transformer", "baseline"], log="xy", xlabel="tokens read (log)", ylabel="MiB (log)",
            title="6 blocks of 512 units: beyond 3,000 tokens the cache is larger")
plt.show()
crossing = weights / cache_of(6, 512, 1)                           # tokens
claim("The cache of one sequence outgrows the weights of its blocks at about six times as many tokens as units",
      6 <= crossing / 512 < 6.1, f"{crossing:,.0f} tokens, {crossing / 512:.2f} times 512")

# %% [markdown]
# The number of blocks drops out: $2 \cdot T \cdot U = 12\,U^2$ at $T = 6\,U$. With a batch of sequences, each of which has a cache of its own, it comes that much sooner.

# %% [markdown]
# ## Check yourself
#
# **1. Your colleague reports: "The Transformer beats the LSTM, 128 units each, same epochs." What do you ask first?**
# <details><summary>Whether 128 units are enough.</summary>
#
# For whom? With equal units the two differ in parameters and in seconds. Ask for these first.
# </details>
# <details><summary>How many parameters and how many seconds each had, how each was tuned, and how many seeds.</summary>
#
# Yes. In our translation the same two nets change their distance altogether when updates are exchanged for seconds.
# </details>
# <details><summary>Nothing: same units and same epochs are equal conditions.</summary>
#
# They are equal in two numbers that happen to be easy to set equal. Parameters, seconds and tuning are not equal.
# </details>
#
# **2. On recall the plain RNN was right in all five runs, the GRU in none. What follows?**
# <details><summary>Plain RNNs have the better memory.</summary>
#
# On adding over 40 steps they lose to both (lessons 12 and 13). One task shows one thing.
# </details>
# <details><summary>At this lag, with these first weights and rates, within 400 updates, the plain RNN finds this solution sooner.</summary>
#
# Yes, every one of these conditions belongs to the sentence. An orthogonal recurrent kernel carries a symbol through from the first update on; Keras' gates begin half closed (lessons 05, 12 and 13).
# </details>
# <details><summary>The experiment is wrong.</summary>
#
# Five of five against none of five. It is surprising, not wrong: lesson 05 had plain RNNs that recall over 80 steps.
# </details>
#
# **3. A table shows accuracies of 0.82 and 0.81 from one run each. Which is better?**
# <details><summary>The first.</summary>
#
# Look at the spread of the five seeds in the figures above: it is often larger than that.
# </details>
# <details><summary>They are equally good.</summary>
#
# That is not known either. Lesson 13: "no difference" cannot be shown, only "no worse than by so much".
# </details>
# <details><summary>The table does not say.</summary>
#
# Yes. Without several seeds there is no interval, and without an interval no order.
# </details>
#
# **4. A model has to listen to a microphone for a week, and answer at every step. What speaks for a recurrent net?**
# <details><summary>It will be more accurate.</summary>
#
# Nothing above says so.
# </details>
# <details><summary>Its state stays as large as it is; a cache of all steps would not.</summary>
#
# Yes. (A Transformer with a window, or a convolution, also has a fixed memory, and then no access to what lies before it.)
# </details>
# <details><summary>It trains faster.</summary>
#
# Training reads whole pieces, and on a GPU that is where recurrent nets lose. The question was about running it.
# </details>
#
# **5. You have 100 labelled reviews. Which of our curves tells you what to do?**
# <details><summary>The one that is highest at 100.</summary>
#
# It tells you which of *these* to train from scratch. With 100 labels you would rather not train from scratch.
# </details>
# <details><summary>None: start from a pretrained model, and keep the bag of words as a yardstick.</summary>
#
# Yes. It is the case where random first weights hurt most, and where our curves say least.
# </details>
# <details><summary>The Transformer's, since everybody uses Transformers for text.</summary>
#
# Everybody uses *pretrained* ones. Ours had seen no word before.
# </details>

# %% [markdown]
# ## Take-aways
# - Fair means: equal in something that you name, tuned alike, several seeds. *(claim: "On every task the five nets have …")*
# - No architecture is best at everything: the order changes from task to task. *(claims: "In translation the Transformer …", "In recall every …", "In sentiment …", "On Python …", "In
#   forecasting …")*
# - Simple rivals can win. *(claims: "No net beats the linear regression …", "With 1,000 the bag …")*
# - Equal updates and equal seconds give different answers. *(claims: "In the LSTM's seconds …", "Called better …", "On Python the Transformer has less …")*
# - The order on little data need not be the order on much. *(claims: "With 1,000 the bag …", "The convolution is behind …")*
# - Attention's time in training grows faster than the length, and its memory in writing grows with the context. *(claims: "From 128 to 512 steps …", "The cache holds …", "With 8,192 tokens …")*
# - None of this speaks about pretrained models.
#
# **Exercises.** [Exercises 18](exercises/18_rnn_lstm_gru_or_transformer.ipynb): bytes and operations per token, a fair match. The notebook says how many minutes each takes.
#
# ## Read on
# - G. Melis, C. Dyer and P. Blunsom, *On the state of the art of evaluation in neural language models*, ICLR 2018: tuned alike, a plain LSTM beats what had been published as better.
# - S. Bai, J. Z. Kolter and V. Koltun, *An empirical evaluation of generic convolutional and recurrent networks for sequence modeling*, 2018: the case for the convolution.
# - S. Jelassi, D. Brandfonbrener, S. M. Kakade and E. Malach, *Repeat after me: Transformers are better than state space models at copying*, ICML 2024: copying again, in theory and in experiments.
# - A. Zeng, M. Chen, L. Zhang and Q. Xu, *Are Transformers effective for time series forecasting?*, AAAI 2023: linear models that win.
# - J. Devlin, M.-W. Chang, K. Lee and K. Toutanova, *BERT: pre-training of deep bidirectional Transformers for language understanding*, NAACL 2019, and J. Howard and S. Ruder, *Universal language model fine-tuning for text
#   classification*, ACL 2018, with an LSTM: what to do with 100 labels.
