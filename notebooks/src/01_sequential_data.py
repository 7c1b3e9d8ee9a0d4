# %% [markdown]
# # 01 · Sequential data
#
# **What makes data a sequence, and what must a network be given so that order counts?**
#
# **You will be able to**
# - bring text, prices, measurements, sound, music and pictures into the one shape that a recurrent network reads;
# - turn text into numbers, and a network's scores into a loss, by hand;
# - test whether order carries information in a task, and which kind of network can use it;
# - batch sequences of different length without wasting most of the work;
# - cut a record into windows without leaking the future, and beat, or fail to beat, a naive forecast honestly.
#
# **You need** [lesson 00](00_start_here.ipynb). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, plots, progress
from rnncourse.measure import baselines, claim
import keras
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## Seven sequences, one shape
# A page of code, a stock price, the air over Hawaii, a brain, a (synthetic) voice, a chorale, a handwritten digit. A recurrent network
# reads all of them as an array `(batch, time, features)`: how many sequences, how many steps in each, how many numbers at a
# step.
#
# **Before you run it:** which of the seven have more than one feature at a step?

# %%
text, prices, co2 = datasets.python_source(characters=100_000), datasets.google_prices(), datasets.co2()
eeg, speech, chorales, digits = datasets.eeg(), datasets.spoken_digits(), datasets.chorales(), datasets.digits()
chorale, word, digit = chorales.train[0][0], speech.train[0][0], digits.train[0][0]

batches = {                                                        # each (batch, time, features)
    "text": text.train[0][:1000].reshape(1, 1000, 1),              # an id is one number, for now
    "price": prices.series.to_numpy().reshape(1, -1, 1),
    "CO₂": co2.series.to_numpy().reshape(1, -1, 1),
    "EEG": eeg.series.to_numpy()[np.newaxis],                      # four channels
    "speech": word.reshape(1, -1, 1),
    "music": chorale[np.newaxis],                                  # four voices
    "handwriting": digit[np.newaxis],                              # eight rows of eight pixels
}
for name, batch in batches.items():
    print(f"{name:12} {batch.shape}")
steps = {name: batch.shape[1] for name, batch in batches.items()}
chorale_steps = [len(score) for score in chorales.train[0]]
claim("Even among chorales the longest has more than five times the steps of the shortest",
      max(chorale_steps) > 5 * min(chorale_steps), f"{min(chorale_steps)} to {max(chorale_steps)} steps")

# %%
figure, panel = plt.subplots(4, 2, figsize=(7.6, 9.0))
(ax_text, ax_price), (ax_co2, ax_eeg), (ax_speech, ax_music), (ax_digit, ax_steps) = panel
some = text.train[0][2000:2012]                                    # (12,) ids
plots.characters(text.decode(some), ids=some, title="Text: 1 feature", ax=ax_text)
plots.series(batches["price"][0, :, 0], title="Price: 1 feature", xlabel="trading day", ylabel="US$", ax=ax_price)
plots.series(batches["CO₂"][0, :, 0], title="CO₂: 1 feature", xlabel="week", ylabel="ppm", ax=ax_co2)
plots.series(batches["EEG"][0], title="EEG: 4 features", xlabel="sample", ylabel="channel", ax=ax_eeg)
plots.series(word, title="Speech: 1 feature", xlabel="sample, 8000 a second", ylabel="amplitude", ax=ax_speech)
plots.piano_roll(chorale[:128], title="Music: 4 features", xlabel="sixteenth note", ax=ax_music)
plots.pixels(digit, title="Handwriting: 8 features", xlabel="feature: column", ylabel="time: row", ax=ax_digit)
plots.bars(steps, title="How long they are", xlabel="steps (log)", form="{:.0f}", ax=ax_steps)
ax_steps.set(xscale="log", xlim=(5, 30000))
plt.show()

# %% [markdown]
# EEG, music and handwriting bring several features a step. Notice that *time* is a choice: a picture has no time until we
# decide to read it row by row. Notice also the lengths. Chorales alone differ so much that whatever reads them all must cope with
# any number of steps.

# %% [markdown]
# ## From text to numbers to a loss
# A network reads numbers, so text takes four steps:
#
# 1. the **vocabulary** lists the known characters (or words); the **id** of a character is its place in that list;
# 2. the **one-hot** vector of id $i$ has $V$ entries, all 0 but a 1 at place $i$: no character is "greater" than another;
# 3. an **embedding** multiplies that vector with a matrix $E$ of shape $(V, D)$. A one-hot row times a matrix picks a row, so
#    nobody multiplies: `keras.layers.Embedding` looks up row $i$;
# 4. at the other end the network gives $V$ scores $s$; **softmax** makes probabilities of them, and the **cross-entropy** of
#    the character $j$ that really came is
#
# $$p_i = \frac{e^{s_i}}{\sum_k e^{s_k}}, \qquad L = -\ln p_j .$$
#
# The cross-entropy is counted in **nats**, the unit of $-\ln$: a probability of 0.5 costs 0.69 nats, one of 0.98 costs 0.02.
#
# **Before you run it:** the network below is untrained and knows 7 characters. Roughly how large is the loss?

# %%
phrase, target = "hello wor", "l"
vocabulary = sorted(set(phrase))                                   # 7 known characters, in a fixed order
ids = np.array([vocabulary.index(character) for character in phrase])
one_hot = keras.ops.one_hot(ids, len(vocabulary))                  # (9, 7)
embedding = keras.layers.Embedding(len(vocabulary), 4)
vectors = np.array(embedding(ids))                                 # (9, 4), looked up
multiplied = np.array(one_hot @ embedding.weights[0])              # (9, 4)
claim("Looking up a row equals multiplying by the one-hot vector", np.allclose(vectors, multiplied, atol=1e-7),
      f"largest difference {np.abs(vectors - multiplied).max():.0e}")

network = keras.Sequential([keras.layers.SimpleRNN(8), keras.layers.Dense(len(vocabulary))])
scores = np.array(network(vectors[np.newaxis]))[0]                 # (7,)
probabilities = np.exp(scores) / np.exp(scores).sum()
j = vocabulary.index(target)
plots.text_to_loss(phrase, vocabulary, ids, vectors, probabilities, j,
                   title="An untrained network gives every character about the same")
plt.show()

# %%
keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
by_hand, by_keras = -np.log(probabilities[j]), float(keras_loss(np.array([j]), scores[np.newaxis]))
claim("Our loss is Keras' loss", abs(by_hand - by_keras) < 1e-5, f"{by_hand:.4f} and {by_keras:.4f}")
claim("The loss of an untrained network is near ln V", abs(by_hand - np.log(7)) < 0.3,
      f"{by_hand:.2f}, ln 7 = {np.log(7):.2f}")

large = np.float32([0, 100, 200])                                  # a network that is very sure, and wrong
with np.errstate(all="ignore"):
    by_hand = -np.log(np.exp(large[0]) / np.exp(large).sum())
by_keras = float(keras_loss(np.array([0]), large[np.newaxis]))
claim("From scores, Keras finds a loss where the formula as written overflows",
      not np.isfinite(by_hand) and abs(by_keras - 200) < 1e-3, f"{by_keras:.1f} nats, by the formula {by_hand}")

# %% [markdown]
# `from_logits=True` tells Keras that it gets scores, not probabilities. It then takes softmax and logarithm together, and no
# $e^{s}$ has to be computed on its own. All models of this course give scores.

# %% [markdown]
# ## Order is information
# Does order matter in your data? Here is a task where *only* order matters. Two symbols, 1 and 2, stand somewhere among
# others. The question is which of them came first.

# %%
order = datasets.order_only(seed=seed)
x_order, y_order = order.train                                     # (2800, 20) ids, (2800,) 0 or 1
x_unseen, y_unseen = (np.concatenate(both) for both in zip(order.validation, order.test, strict=True))     # 1200
symbols = int(x_order.max()) + 1
figure, panel = plt.subplots(2, 1, figsize=(7.0, 2.6))
for row, label in enumerate((1, 0)):
    i = np.flatnonzero(y_order == label)[0]
    shown = ["abcdefgh"[k - 3] if k > 2 else str(k) for k in x_order[i]]
    plots.characters(shown, title=f"Label {label}: the {2 - label} comes first", ax=panel[row])
bags = [np.unique(np.sort(x_order[y_order == label]), axis=0) for label in (0, 1)]      # a sorted row is a bag
claim("Both classes hold exactly the same bags of symbols", np.array_equal(*bags),
      f"{len(bags[0])} different bags in {(y_order == 0).sum()} sequences of each class")

# %% [markdown]
# A **bag** keeps how often each symbol occurs and forgets where. Counts, averages and unordered pooling are bags; a bag of words
# is the classic baseline for text. **Before you run it:** what will a bag reach here? A dense layer on the flattened sequence? A
# recurrent network?

# %%
def train_on_order(*layers):
    network = keras.Sequential([keras.layers.Embedding(symbols, 16), *layers, keras.layers.Dense(1)])
    network.compile(
        keras.optimizers.Adam(0.005),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
    )
    network.fit(x_order, y_order, epochs=10, batch_size=100, verbose=0, callbacks=[progress(label=layers[0].name)])
    return network


def accuracy(network, x=x_unseen, y=y_unseen):
    return network.evaluate(x, y, verbose=0)[1]


bag = train_on_order(keras.layers.GlobalAveragePooling1D())        # (batch, 20, 16) → (batch, 16)
flat = train_on_order(keras.layers.Flatten(), keras.layers.Dense(32, activation="relu"))
rnn = train_on_order(keras.layers.SimpleRNN(32))                   # (batch, 20, 16) → (batch, 32)

# %%
reached = {"bag (mean of embeddings)": accuracy(bag), "flattened + dense": accuracy(flat), "SimpleRNN": accuracy(rnn)}
plots.bars(reached, models=["bag", "dense", "simple"], reference=("chance", 0.5), form="{:.3f}",
           title="Who came first? A bag cannot know", xlabel="accuracy on unseen sequences")
claim("Where only order decides, a bag of features stays at chance", reached["bag (mean of embeddings)"] <= 0.55,
      f"accuracy {reached['bag (mean of embeddings)']:.3f}, chance 0.5")
claim("A recurrent network reads the order", reached["SimpleRNN"] >= 0.98, f"accuracy {reached['SimpleRNN']:.3f}")
claim("So does a dense layer that has weights for every step", reached["flattened + dense"] >= 0.95,
      f"accuracy {reached['flattened + dense']:.3f}")

# %% [markdown]
# It is not that the bag is too small: every sequence has a twin of the other class, with 1 and 2 exchanged, which is the *same
# input* to it. So no bag can do better than 0.5 here. This is a recipe for *your* data, too: train a bag and a network that
# sees the order, and compare. If the bag is as good, order says little about your labels.
#
# The dense layer did as well as the recurrent one. Keep that in mind; its price comes later.
#
# ### What each kind of network assumes
# Shuffle the pixels of all pictures with *one fixed* permutation. People can no longer read them. **Before you run it:** whom
# does it hurt: a dense network, a convolutional one (CNN), a recurrent one that reads row after row?

# %%
pictures, labels = (np.concatenate(all3) for all3 in zip(digits.train, digits.validation, digits.test, strict=True))
pixels = (pictures / 16).reshape(-1, 64)                           # (1797, 64), each in 0 … 1
permutation = rng.permutation(64)                                  # one for all pictures
figure, panel = plt.subplots(2, 5, figsize=(7.0, 3.0))
for i in range(5):
    plots.pixels(pixels[i].reshape(8, 8), title=f"a {labels[i]}", ax=panel[0, i])
    plots.pixels(pixels[i][permutation].reshape(8, 8), title="shuffled", ax=panel[1, i])
plt.show()

# %%
dense = keras.Sequential([keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)])
before = dense(pixels)                                             # (1797, 10)
first_kernel, *others = dense.get_weights()                        # first kernel: (64, 64), a row for each pixel
dense.set_weights([first_kernel[permutation], *others])            # the rows move along with the pixels
after = dense(pixels[:, permutation])
moved = float(keras.ops.max(keras.ops.abs(before - after)))
claim("A dense network with its first kernel's rows moved along gives the same scores", moved < 1e-5,
      f"largest difference {moved:.0e}")

# %% [markdown]
# So a dense network can lose nothing: for every solution there is an equally good one for shuffled pixels, and its random
# initial weights do not care which pixel is which. A convolution assumes that neighbours belong together. A recurrent network assumes
# that what comes next follows from what has just been. We train all three on only 300 pictures, where what a network assumes counts
# most. To see past luck, we train 18 networks **side by side** in one model: of each kind, three see the pixels in place,
# and each of the other three sees them in a shuffled order of its own.

# %%
def cnn(h):
    h = keras.layers.Reshape((8, 8, 1))(h)                         # (batch, 64) → (batch, 8, 8, 1)
    h = keras.layers.Conv2D(16, 3, activation="relu")(h)           # → (batch, 6, 6, 16)
    h = keras.layers.Conv2D(32, 3, activation="relu")(h)           # → (batch, 4, 4, 32)
    return keras.layers.Flatten()(keras.layers.MaxPooling2D(2)(h)) # → (batch, 128)


def row_by_row(h):
    return keras.layers.GRU(32)(keras.layers.Reshape((8, 8))(h))   # (batch, 64) → (batch, 8, 8) → (batch, 32)


kinds = {"dense": lambda h: keras.layers.Dense(64, activation="relu")(h), "CNN": cnn, "RNN": row_by_row}
orders = [np.arange(64)] * 3 + [rng.permutation(64) for _ in range(3)]
seen = keras.Input((64,))
scores = [keras.layers.Dense(10)(kind(keras.ops.take(seen, places, axis=1))) for kind in kinds.values() for places in orders]
networks = keras.Model(seen, keras.ops.stack(scores, axis=1))      # (batch, 64) → (batch, 18, 10)
networks.compile(keras.optimizers.Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
_ = networks.fit(pixels[:300], np.tile(labels[:300, np.newaxis], 18), epochs=30, batch_size=50, verbose=0,
                 callbacks=[progress(label="18 networks side by side")])

# %%
answers = np.array(networks(pixels[300:])).argmax(axis=-1)                                         # (1497, 18)
wrong = 100 * (answers != labels[300:, np.newaxis]).mean(axis=0).reshape(3, 2, 3).mean(axis=-1)    # (3, 2)
in_place, shuffled = (dict(zip(kinds, column, strict=True)) for column in wrong.T)
bars = {f"{kind}, {how}": errors[kind] for kind in kinds for how, errors in (("in place", in_place), ("shuffled", shuffled))}
plots.bars(bars, models=["dense", "dense", "conv", "conv", "gru", "gru"], form="{:.1f}",
           title="A fixed shuffle costs the CNN and the RNN", xlabel="wrong of 1497 unseen digits (%), mean of 3")
for kind in ("CNN", "RNN"):
    claim(f"The shuffle costs the {kind} half a point or more", shuffled[kind] - in_place[kind] >= 0.5,
          f"{in_place[kind]:.1f} % wrong in place, {shuffled[kind]:.1f} % shuffled, mean of 3")
claim("Even in place, the RNN makes more errors than the dense network", in_place["RNN"] > in_place["dense"],
      f"{in_place['RNN']:.1f} % and {in_place['dense']:.1f} % wrong, mean of 3")

# %% [markdown]
# The shuffle takes away what a network relies on. A CNN needs neighbourhoods, an RNN (here a GRU) needs order. An assumption alone does
# not make a network good: even in place, the RNN is behind the dense network on these small pictures. And a dense network assumes
# nothing about either, so nothing can be taken from it. What it does assume is a fixed number of inputs, each with a place
# of its own. That has a price.

# %% [markdown]
# ## Why not feed the whole sequence to a dense layer?
# Flatten $(T, D)$ into one vector of $T \cdot D$ numbers and every step gets weights of its own. **Before you run it:** how
# many parameters has a dense layer of 32 units at 1000 steps of 8 features? And a `SimpleRNN` of 32 units?

# %%
def parameters(layers, steps):
    return keras.Sequential([keras.Input((steps, 8)), *layers]).count_params()


lengths = np.array([10, 30, 100, 300, 1000])
flattened = [parameters([keras.layers.Flatten(), keras.layers.Dense(32)], steps) for steps in lengths]
recurrent = [parameters([keras.layers.SimpleRNN(32)], steps) for steps in lengths]
plots.lines(lengths, {"flattened + dense": flattened, "SimpleRNN": recurrent}, models=["dense", "simple"],
            log="xy", marker="o", title="A dense layer pays for every step", xlabel="steps T", ylabel="parameters")
print(f"at T = 1000: dense {flattened[-1]:,}, SimpleRNN {recurrent[-1]:,}")
growth = np.diff(flattened) / np.diff(lengths)
claim("The parameters of a flattened input grow by D · units with every step",
      np.all(growth == 8 * 32), f"{growth[0]:.0f} a step, 8 · 32 = {8 * 32}")
claim("The parameters of a recurrent layer do not depend on the length",
      len(set(recurrent)) == 1, f"{recurrent[0]:,} at T = {lengths[0]} and {recurrent[-1]:,} at T = {lengths[-1]}")

# %% [markdown]
# By hand, at $T = 1000$: the dense layer has $1000 \cdot 8 \cdot 32 + 32 = 256{,}032$ parameters; the recurrent one has $8 \cdot 32$
# for the input, $32 \cdot 32$ for the state and 32 biases, 1,312, at any length.
#
# There is a second price. What a dense layer learns about step 3 it does not know about step 4, and it has no weights at all for
# step 21. We give both networks from above, trained on 20 steps, sequences of 15 and of 25. **Before you run it:** what will each
# of them do?

# %%
others = {steps: datasets.order_only(steps=steps, seed=seed + 1).test for steps in (15, 25)}       # (600, steps) each
reached = {f"SimpleRNN, {steps} steps": accuracy(rnn, *other) for steps, other in others.items()}
print("kernel of the dense layer", flat.layers[2].kernel.shape, "for 20 steps; 25 steps would need", (25 * 16, 32))
plots.bars(reached, models=["simple", "simple"], reference=("chance", 0.5), form="{:.3f}",
           title="Trained on 20 steps, used on others", xlabel="accuracy on unseen sequences")
claim("A recurrent network trained on 20 steps also reads 15 and 25", min(reached.values()) >= 0.9,
      ", ".join(f"{value:.3f}" for value in reached.values()))

# %% [markdown]
# The dense network cannot even try: its kernel has rows for 20 steps and no more. The recurrent one applies the *same* update
# at every step, so it can go on as long as you like. How far it still gets things right is another matter, and it does fade: lesson 05. What
# follows from sharing weights over time is lesson 03.

# %% [markdown]
# ## Sequences of different length
# A batch is one array, so shorter sequences are **padded** to the longest. A **mask** says which steps are real.

# %%
music = chorales.train[0]                                          # a list of (T_i, 4)
lengths = np.array([len(score) for score in music])
padded = keras.utils.pad_sequences(music, padding="post", value=-1)        # (256, longest, 4), int32: see below
mask = np.arange(padded.shape[1]) < lengths[:, np.newaxis]                 # (256, longest): True at real steps
silent = sum(int((score == 0).all(axis=1).sum()) for score in music)
print(padded.shape, "of which real steps:", lengths.sum())
claim("Padded with zeros, real steps would pass for padding", silent > 0,
      f"{silent} real steps are rests in all four voices: all zeros")
found = np.array(keras.layers.Masking(-1).compute_mask(padded))
claim("Padded with −1, Keras' Masking layer finds every real step and no other", np.array_equal(found, mask),
      f"{found.sum()} steps found, {lengths.sum()} real")

# %% [markdown]
# Zero is the usual padding value, and here `Masking(0)` would skip rests. So take the mask from the lengths, as the line
# `mask = …` does. Only where a layer must find it in the values, pad with a value that cannot occur, in any feature; for ids, keep 0
# free and say `Embedding(…, mask_zero=True)`. One trap more: `pad_sequences` makes whole numbers of everything unless you say
# `dtype="float32"`.
#
# Padding is not only a matter of memory. The network computes every padded step and throws it away. **Before you run it:** of
# all the steps in `padded`, how many are padding? And if each batch of 16 is padded only to *its own* longest?

# %%
def wasted(lengths, batch_size=16):
    groups = [lengths[i : i + batch_size] for i in range(0, len(lengths), batch_size)]
    return sum(int(group.max() * len(group) - group.sum()) for group in groups)


in_any_order = [wasted(rng.permutation(lengths)) for _ in range(20)]
waste = {
    "to the longest of all": wasted(lengths, len(lengths)),
    "to the longest of each batch": np.mean(in_any_order),
    "the same, sorted by length": wasted(np.sort(lengths)),
}
share = {f"{how}: {steps / (steps + lengths.sum()):.0%} waste": steps for how, steps in waste.items()}
figure, panel = plt.subplots(1, 2, figsize=(7.0, 2.6), sharey=True)
plots.padding(mask, title="As they come (pale: padding)", ax=panel[0])
plots.padding(mask[np.argsort(lengths)], title="Sorted by length", ax=panel[1])
plots.bars(share, models=["baseline"] * 3, form="{:,.0f}", title=f"Padded steps beside {lengths.sum():,} real ones",
           xlabel="padded steps; lower two bars: batches of 16")
claim("Batches of similar length waste less than a fifth of what batches in random order waste",
      waste["the same, sorted by length"] < min(in_any_order) / 5,
      f"{waste['the same, sorted by length']:,} steps, in 20 random orders {min(in_any_order):,} to {max(in_any_order):,}")

# %% [markdown]
# This is **bucketing**: sort by length, cut into batches, then shuffle the *batches*. The price is that sequences of similar
# length always meet in a batch.

# %% [markdown]
# ## Windows, and three ways to fool yourself
# To forecast a record, cut it into overlapping **windows** of `steps` values and ask for the value that lies `horizon` steps
# after each window. The error is the **RMSE**, the root of the mean squared error, in the record's own unit. It looks too
# simple to go wrong. It goes wrong in three ways, and all three can make a model look better than it is.

# %%
record = co2.series.to_numpy()                                     # (2284,) weekly, ppm


def rmse(forecast, truth):
    return float(np.sqrt(np.mean((np.asarray(forecast) - truth) ** 2)))


def train_and_test(record):
    first, second = int(0.70 * len(record)), int(0.85 * len(record))
    return record[:first], record[second:]                         # what lies between is left for validation


plots.window(record[:100], start=20, steps=52, horizon=4, xlabel="week", ylabel="CO₂ (ppm)",
             title="One window of 52 weeks, and the value four weeks later")
weeks, wanted = datasets.windows(np.arange(100), steps=52, horizon=4)     # the same cut, on the numbers of the weeks
claim("The target lies four steps after the window's last value", wanted[20, 0] == weeks[20, -1, 0] + 4,
      f"window 20 ends with week {weeks[20, -1, 0]:.0f}, its target is week {wanted[20, 0]:.0f}")

# %% [markdown]
# ### Fooled by one
# The last value of window `i` is `record[i + steps - 1]`, so its target is `record[i + steps - 1 + horizon]`. It is easily one too early;
# and when the horizon is forgotten, the target is the window's own last value. **Before you run it:** what do the two slips do to
# the error of a plain linear regression?

# %%
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor

train, test = train_and_test(record)
x_co2, y_co2 = datasets.windows(train, steps=52, horizon=4)        # (1543, 52, 1), (1543, 1)
x_later, y_later = datasets.windows(test, steps=52, horizon=4)


def linear_error(x, y, x_test, y_test):
    return rmse(LinearRegression().fit(x[..., 0], y).predict(x_test[..., 0]), y_test)


error = {
    "four weeks ahead, as asked": linear_error(x_co2, y_co2, x_later, y_later),
    "one too early": linear_error(*datasets.windows(train, 52, 3), *datasets.windows(test, 52, 3)),
    "horizon forgotten": linear_error(x_co2, x_co2[:, -1], x_later, x_later[:, -1]),
}
plots.bars(error, models=["dense"] * 3, form="{:.3f}", title="A target too early flatters, quietly or loudly",
           xlabel="RMSE on the last 15 % (ppm)")
claim("One step too early already looks better", error["one too early"] < 0.97 * error["four weeks ahead, as asked"],
      f"RMSE {error['one too early']:.2f} against {error['four weeks ahead, as asked']:.2f} ppm")
claim("With the target inside the window the error falls below a hundredth",
      error["horizon forgotten"] < 0.01 * error["four weeks ahead, as asked"], f"RMSE {error['horizon forgotten']:.0e} ppm")

# %% [markdown]
# The loud slip gives itself away: whenever an error is close to zero on real data, suspect the data before you praise the model. The quiet
# one does not. Test it as we did above: cut windows from the numbers 0, 1, 2, … and look where the target lies.
#
# ### Fooled by the shuffle
# scikit-learn's `train_test_split` shuffles unless told otherwise. Windows overlap, so most windows of a shuffled test set have
# near-copies of themselves in the training set, and so have their targets. Take the most tempting record there is, the price of a stock, and a model that can do nothing but
# remember: it looks up the most similar window and answers with what came after it. We compare it with the **naive** forecast,
# *nothing will change*. **Before you run it:** can such a memory beat the market?

# %%
x_price, y_price = datasets.windows(prices.series.to_numpy(), steps=40, horizon=40)    # US$, forty trading days ahead
past = (x_price / x_price[:, -1:] - 1)[..., 0]                     # (968, 40): relative to each window's end
to_come = y_price / x_price[:, -1] - 1                             # (968, 1): so the naive forecast is 0


def memory_against_naive(places):
    train, test = train_and_test(places)                           # split by time, 15 % lie between the two: no overlap
    memory = KNeighborsRegressor(1).fit(past[train], to_come[train])
    return rmse(memory.predict(past[test]), to_come[test]) / rmse(0, to_come[test])


every_40th = np.arange(0, len(past), 40)                           # neither windows nor what they forecast overlap
ratio = {
    "split by time": memory_against_naive(np.arange(len(past))),
    "shuffled": np.mean([memory_against_naive(rng.permutation(len(past))) for _ in range(20)]),
    "shuffled, every 40th window": np.mean([memory_against_naive(rng.permutation(every_40th)) for _ in range(20)]),
}
plots.bars(ratio, models=["baseline"] * 3, reference=("naive", 1), form="{:.2f}",
           title="Shuffled, a mere memory seems to beat the market", xlabel="RMSE of the memory / RMSE of naive")
plt.show()

# %%
claim("Under a shuffled split a pure memory looks better than the naive forecast", ratio["shuffled"] < 0.9,
      f"RMSE × {ratio['shuffled']:.2f}, mean of 20 shuffles")
claim("Split by time, it is worse", ratio["split by time"] > 1.1, f"RMSE × {ratio['split by time']:.2f}")
claim("With every 40th window, and so without overlap, shuffling does not help", ratio["shuffled, every 40th window"] > 1.1,
      f"RMSE × {ratio['shuffled, every 40th window']:.2f}, mean of 20 shuffles")

# %% [markdown]
# Every 40th window also leaves far fewer to remember. The cleaner evidence is the split by time: as many windows, no overlap, no
# gain. A forecaster is never asked for a day whose neighbours on both sides are known. Split by time, and leave a gap as wide as a
# window and its horizon (here the validation part is the gap), or split first and cut windows from each part. (We owe you a confession:
# `datasets.co2()` fills 59 missing weeks from both sides, as `co2.about` says. All of them lie in the training part.)
#
# ### Fooled by the scaler
# Networks like inputs around 0, so we subtract a mean and divide by a standard deviation. Whose? **Before you run it:** CO₂ has
# risen for decades; the temperature of the Pacific goes up and down. Where will it matter if the scaler has seen the test
# years?

# %%
def train_three(x, y, layer=keras.layers.SimpleRNN):
    window = keras.Input(x.shape[1:])                              # (batch, steps, 1)
    outputs = [keras.layers.Dense(1)(layer(16)(window)) for _ in range(3)]
    networks = keras.Model(window, keras.layers.Concatenate()(outputs))        # → (batch, 3): a forecast each
    networks.compile(keras.optimizers.Adam(0.02), "mse")
    networks.fit(x, np.tile(y, 3), epochs=20, batch_size=256, verbose=0, callbacks=[progress(label="three networks")])
    return networks


def level_error(record, steps, horizon, scaler):
    train, test = train_and_test(record)
    known = record if scaler == "all years" else train
    mean, std = known.mean(), known.std()
    networks = train_three(*datasets.windows((train - mean) / std, steps, horizon))
    x_test, y_test = datasets.windows((test - mean) / std, steps, horizon)
    return rmse(networks(x_test), y_test) * std                    # over the three, in the record's own unit


nino = datasets.el_nino().series.to_numpy()                        # (732,) monthly, °C
level = {scaler: level_error(record, 52, 4, scaler) for scaler in ("training years", "all years")}
level_nino = {scaler: level_error(nino, 24, 3, scaler) for scaler in ("training years", "all years")}

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 4.0))
plots.bars(level, models=["simple"] * 2, form="{:.2f}", ax=panel[0],
           xlabel="RMSE on the last 15 % (ppm), over 3 networks", title="CO₂ rises: a scaler from all years flatters")
plots.bars(level_nino, models=["simple"] * 2, form="{:.2f}", ax=panel[1],
           xlabel="RMSE on the last 15 % (°C), over 3 networks", title="El Niño goes up and down: a far smaller difference")
leak, leak_nino = (errors["all years"] / errors["training years"] for errors in (level, level_nino))
claim("On CO₂, which rises, a scaler that has seen the test years flatters by a quarter or more", leak < 0.75,
      f"error × {leak:.2f}")
claim("On El Niño, which does not, the error changes by less than a third", 2 / 3 < leak_nino < 4 / 3,
      f"error × {leak_nino:.2f}")

# %% [markdown]
# It is tempting to say: the leak has shown the network the range of the test years. **Before you run it:** scaled by all years, do
# they lie inside the range that the network was trained on?

# %%
train, test = train_and_test(record)
reach = {}
for name, known in (("training years", train), ("all years", record)):
    reach[name] = [(part - known.mean()) / known.std() for part in (train, test)]
    print(f"scaled by {name:14}: trained up to {reach[name][0].max():.1f}, tested from {reach[name][1].min():.1f} on")
claim("Whichever scaler, every test value lies above every training value",
      all(tested.min() > trained.max() for trained, tested in reach.values()),
      f"tested up to {reach['training years'][1].max():.1f} and {reach['all years'][1].max():.1f} standard deviations")

# %% [markdown]
# The leak has not brought the future into the known range. It has only squeezed all numbers. A likely reason for the smaller
# error: tanh units saturate, so a network goes less far astray on small numbers than on large ones. But you would not have had
# that mean and that standard deviation, so the leaked error promises what you cannot deliver. The cure is a better question: ask for the *change* since the last value,
# which has hardly any trend. That, and a yardstick for CO₂, come now.

# %% [markdown]
# ## Naive first
# The naive forecast says, as before: nothing changes. The **seasonal naive** forecast says: as a season ago. A **linear regression** on
# the window is the next cheapest thing. **Before you run it:** which of the three does our network beat, once it and the
# regression are asked for the change?

# %%
base, base_later = x_co2[:, -1:], x_later[:, -1:]                  # (n, 1, 1): where each window ends
scale = (x_co2 - base).std()                                       # from the training windows alone
networks = train_three((x_co2 - base) / scale, (y_co2 - base[:, 0]) / scale)
change = np.array(networks((x_later - base_later) / scale)) * scale    # (n, 3) ppm
linear = LinearRegression().fit((x_co2 - base)[..., 0], y_co2 - base[:, 0])
linear_change = linear.predict((x_later - base_later)[..., 0])     # (n, 1) ppm
rivals = {
    "naive": rmse(baselines.naive(x_later), y_later),
    "seasonal naive": rmse(baselines.seasonal_naive(x_later, period=52, horizon=4), y_later),
    "RNN on levels": level["training years"],
    "RNN on changes": rmse(base_later[:, 0] + change, y_later),
    "linear regression on changes": rmse(base_later[:, 0] + linear_change, y_later),
}
plots.bars(rivals, models=["baseline", "baseline", "simple", "simple", "dense"], form="{:.2f}",
           title="Asked for changes, the RNN beats naive; a line beats it",
           xlabel="RMSE on the last 15 % (ppm), RNN: over 3 networks")
plt.show()

# %%
claim("Asked for the level, the network loses to the naive forecast", rivals["RNN on levels"] > rivals["naive"],
      f"{rivals['RNN on levels']:.2f} against {rivals['naive']:.2f} ppm")
claim("Asked for the change, it beats both naive forecasts",
      rivals["RNN on changes"] < 0.9 * min(rivals["naive"], rivals["seasonal naive"]),
      f"{rivals['RNN on changes']:.2f} against {rivals['naive']:.2f} and {rivals['seasonal naive']:.2f} ppm")
claim("A linear regression on the changes beats the network", rivals["linear regression on changes"] < rivals["RNN on changes"],
      f"{rivals['linear regression on changes']:.2f} against {rivals['RNN on changes']:.2f} ppm")

# %% [markdown]
# A smooth record of one feature with a steady season is home ground for a linear model. That is worth knowing *before* the network goes
# into production. Recurrent networks earn their place where a fixed window and a straight line cannot follow: text, speech, long
# memory. Most of this course is about such cases.

# %% [markdown]
# ### The price of tomorrow
# One more, and the most tempting: a real stock, Google's, from its first day of trading in 2004 to 2008. We ask a GRU for tomorrow's
# relative change. **Before you run it:** will it beat "the same as today"?

# %%
train, test = train_and_test(prices.series.to_numpy())
x_price, y_price = datasets.windows(train, steps=20)               # (n, 20, 1), (n, 1): US$, one day ahead
x_price_later, y_price_later = datasets.windows(test, steps=20)


def relative(values, base):
    return 20 * (values / base - 1)                                # a few per cent become numbers around 1


networks = train_three(relative(x_price, x_price[:, -1:]), relative(y_price, x_price[:, -1]), layer=keras.layers.GRU)
answers = np.array(networks(relative(x_price_later, x_price_later[:, -1:])))   # (n, 3)
forecasts = (answers / 20 + 1) * x_price_later[:, -1]              # (n, 3) US$

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.4))
for ax, shown in zip(panel, (slice(None), slice(0, 30)), strict=True):
    days = np.arange(len(y_price_later))[shown]
    plots.lines(days, {"price": y_price_later[shown, 0], "GRU": forecasts[shown, 0]}, models=["truth", "gru"], ax=ax,
                title="A convincing forecast?" if shown.stop is None else "Thirty days of it: it follows a day late",
                xlabel="trading day of the test period", ylabel="US$")
plt.show()
price_rivals = {
    "naive": rmse(baselines.naive(x_price_later), y_price_later),
    "drift": rmse(baselines.drift(x_price_later), y_price_later),
    "GRU": rmse(forecasts, y_price_later),
}

# %%
plots.bars(price_rivals, models=["baseline", "baseline", "gru"], title="Tomorrow's price: as today, or worse",
           xlabel="RMSE on the last 15 % (US$), GRU: over 3 networks", form="{:.2f}")
claim("The GRU does not beat the naive forecast of a price by 2 %", price_rivals["GRU"] > 0.98 * price_rivals["naive"],
      f"RMSE {price_rivals['GRU']:.2f} against {price_rivals['naive']:.2f} US$")
today = x_price_later[:, -1]                                       # (n, 1) US$
foreseen, happened = np.abs(forecasts - today).mean(), np.abs(y_price_later - today).mean()
claim("The forecast moves less than half as far from today's price as the price does", foreseen < 0.5 * happened,
      f"forecast change {foreseen:.2f} US$ a day, real change {happened:.2f}")

# %% [markdown]
# A forecast that repeats yesterday hugs the curve, and on a slide the upper panel would convince many. The lower one shows the
# trick: it hardly leaves today's price, so it follows a day late. (**Drift** goes on with the mean change of the window.) The
# efficient-market hypothesis gives a reason (Fama 1970): what is easy to foresee has already been traded on. This is one stock and 138
# days, no proof; but draw the naive forecast first, then train.

# %% [markdown]
# ## Try it
# Each line stands on its own: copy it into a new cell below, change it, run it. A claim that you change may fail. Then that is
# your answer, not a fault.
#
# 1. Is the *maximum* over time a bag too? `accuracy(train_on_order(keras.layers.GlobalMaxPooling1D()))`
# 2. Does sorting matter more with larger batches? `wasted(lengths, 64), wasted(np.sort(lengths), 64)`
# 3. A record of your own: `own = datasets.series_from_csv("my.csv", "column", steps=24)`, then `x, y = own.test` and
#    `rmse(baselines.naive(x), y)`.
# 4. Move the slider: how far ahead does the naive forecast of El Niño hold, and when is "as a year ago" better?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def naive_errors(horizon):
    x, y = datasets.windows(nino, 24, horizon)
    season_ago = baselines.seasonal_naive(x, period=12, horizon=horizon)
    return {"naive": rmse(baselines.naive(x), y), "as a year ago": rmse(season_ago, y)}


def redraw(months_ahead):
    plots.bars(naive_errors(months_ahead), models=["truth", "baseline"], form="{:.2f}",
               title=f"El Niño, {months_ahead} months ahead", xlabel="RMSE (°C)")
    plt.show()


slider = ipywidgets.IntSlider(3, min=1, max=12, continuous_update=False)
_ = ipywidgets.interact(redraw, months_ahead=slider)

# %%
ahead = np.arange(1, 13)
curves = {name: [naive_errors(horizon)[name] for horizon in ahead] for name in ("naive", "as a year ago")}
plots.lines(ahead, curves, models=["truth", "baseline"], marker="o", xlabel="months ahead", ylabel="RMSE (°C)",
            title="Naive wins one month ahead; then the season does, until they meet")
claim("One month ahead the naive forecast is better, six months ahead the season",
      curves["naive"][0] < curves["as a year ago"][0] and curves["naive"][5] > curves["as a year ago"][5],
      f"1 month: {curves['naive'][0]:.2f} and {curves['as a year ago'][0]:.2f} °C, "
      f"6 months: {curves['naive'][5]:.2f} and {curves['as a year ago'][5]:.2f} °C")

# %% [markdown]
# ## Check yourself
#
# **1. A batch has shape (32, 50, 4). What is the 4?**
# <details><summary>The number of sequences.</summary>
#
# That is 32, the first axis.
# </details>
# <details><summary>The steps of each sequence.</summary>
#
# That is 50, the middle axis. If time and features are mixed up and happen to be equal, nothing warns you.
# </details>
# <details><summary>The numbers given at each step.</summary>
#
# Yes: four voices, four electrodes, four prices.
# </details>
#
# **2. A bag-of-words classifier reaches 97 % on your task, an RNN 97 % too. What follows?**
# <details><summary>The RNN is too small.</summary>
#
# Perhaps, but nothing here says so. The bag is smaller still.
# </details>
# <details><summary>Your labels hardly depend on word order.</summary>
#
# Yes, as far as these two can tell. Then the bag is the better choice: it is cheaper and easier to explain.
# </details>
# <details><summary>Order does not matter in language.</summary>
#
# Too much from one task. It hardly matters for *these labels*. Lesson 08 has reviews where it does.
# </details>
#
# **3. Your forecast of a rising record is excellent in your own test and useless in use. What do you check first?**
# <details><summary>Whether the network is deep enough.</summary>
#
# A network that is too small is bad in your test as well. Good there and bad in use points at the measurement.
# </details>
# <details><summary>Whether windows, split and scaler kept later years out of training.</summary>
#
# Yes. Each of the three can flatter, as we measured above.
# </details>
# <details><summary>Whether the learning rate is too high.</summary>
#
# That would show in training already.
# </details>
#
# **4. You pad a batch of temperatures in °C with zeros and mask the zeros. What goes wrong?**
# <details><summary>Nothing: that is what masking is for.</summary>
#
# Only if 0 °C never occurs.
# </details>
# <details><summary>Real steps at 0 °C are taken for padding and skipped.</summary>
#
# Yes, as the rests of the chorales would be. Choose a value that cannot occur.
# </details>
# <details><summary>The padded steps are trained on.</summary>
#
# They are masked. The damage is on the other side: real steps vanish.
# </details>
#
# **5. Why does a dense network lose nothing when all pictures are shuffled the same way?**
# <details><summary>Because it is large enough to learn the shuffle.</summary>
#
# It has nothing to learn: the equality above holds for a network of any size.
# </details>
# <details><summary>Because moving the rows of its first kernel undoes the shuffle exactly.</summary>
#
# Yes. Each pixel has weights of its own, so the place of a pixel is only a name.
# </details>
# <details><summary>Because pixels are independent of each other.</summary>
#
# They are far from independent. The dense network just does not assume which ones belong together.
# </details>

# %% [markdown]
# ## Take-aways
# - Every sequence becomes `(batch, time, features)`, and lengths differ. *(claim: "Even among chorales …")*
# - Text becomes ids, ids pick rows of an embedding, scores become a loss by softmax and −ln. *(claims: "Looking up a row …",
#   "Our loss is Keras' loss")*
# - If only order decides, a bag is at chance and a network that sees the order is not. *(claims: "Where only order decides …",
#   "A recurrent network reads the order")*
# - A CNN needs neighbourhoods, an RNN needs order, a dense network a fixed number of inputs. *(claims: "The shuffle costs …", "A dense
#   network with its first kernel's rows moved along …")*
# - An RNN's parameters do not grow with the length, and it runs on lengths it was not trained on. *(claims: "The parameters of a
#   recurrent layer …", "A recurrent network trained on 20 steps …")*
# - Take the mask from the lengths, and batch by length. *(claims: "Padded with zeros …", "Batches of similar length …")*
# - Leaks can flatter: a target too early, a shuffled split, a scaler that saw the future. *(claims: "One step too early …", "Under a
#   shuffled split …", "On CO₂ …", "On El Niño …")*
# - Draw the naive and the linear forecast before you train. *(claims: "A linear regression on the changes …", "The GRU does not beat
#   …")*
#
# **Exercises.** [Exercises 01](exercises/01_sequential_data.ipynb): encode text, cut windows, scale without a leak, pad, count waste.
# The notebook says how many minutes each takes.
#
# ## Read on
# - R. J. Hyndman and G. Athanasopoulos, *Forecasting: Principles and Practice* (3rd ed., 2021), chapter 5: naive methods and how to
#   compare with them.
# - S. Kaufman, S. Rosset, C. Perlich and O. Stitelman, *Leakage in data mining: formulation, detection, and avoidance*, ACM
#   TKDD 6 (2012): how information from the test set gets into training, with cases.
# - C. D. Keeling and others, *Atmospheric carbon dioxide variations at Mauna Loa Observatory, Hawaii*, Tellus 28 (1976): the
#   first years of our record.
# - E. F. Fama, *Efficient capital markets: a review of theory and empirical work*, Journal of Finance 25 (1970): why tomorrow's price is
#   hard to foresee.
# - Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin, *A neural probabilistic language model*, JMLR 3 (2003): where embeddings of words
#   entered neural language models.
