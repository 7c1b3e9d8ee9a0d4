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
# A page of code, a stock price, the air over Hawaii, a brain, a voice, a chorale, a handwritten digit. A recurrent network
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
    "EEG": eeg.series.to_numpy()[np.newaxis],                      # four electrodes
    "speech": word.reshape(1, -1, 1),
    "music": chorale[np.newaxis],                                  # four voices
    "handwriting": digit[np.newaxis],                              # eight rows of eight pixels
}
for name, batch in batches.items():
    print(f"{name:12} {batch.shape}")
steps = {name: batch.shape[1] for name, batch in batches.items()}
claim("Sequences differ in length by more than a factor of a hundred",
      max(steps.values()) > 100 * min(steps.values()), f"{min(steps.values())} to {max(steps.values())} steps")

# %%
figure, panel = plt.subplots(4, 2, figsize=(7.6, 9.0))
(ax_text, ax_price), (ax_co2, ax_eeg), (ax_speech, ax_music), (ax_digit, ax_steps) = panel
some = text.train[0][2000:2012]                                    # (12,) ids
plots.characters(text.decode(some), ids=some, title="Text: 1 feature", ax=ax_text)
plots.series(batches["price"][0, :, 0], title="Price: 1 feature", xlabel="trading day", ylabel="US$", ax=ax_price)
plots.series(batches["CO₂"][0, :, 0], title="CO₂: 1 feature", xlabel="week", ylabel="ppm", ax=ax_co2)
plots.series(batches["EEG"][0], title="EEG: 4 features", xlabel="sample", ylabel="electrode", ax=ax_eeg)
plots.series(word, title="Speech: 1 feature", xlabel="sample, 8000 a second", ylabel="pressure", ax=ax_speech)
plots.piano_roll(chorale[:128], title="Music: 4 features", xlabel="sixteenth note", ax=ax_music)
plots.pixels(digit, title="Handwriting: 8 features", xlabel="feature: column", ylabel="time: row", ax=ax_digit)
plots.bars(steps, title="Steps in one sequence", xlabel="steps (log)", form="{:.0f}", ax=ax_steps)
ax_steps.set(xscale="log", xlim=(5, 30000))
plt.show()

# %% [markdown]
# EEG, music and handwriting bring several features a step. Notice that *time* is a choice: a picture has no time until we
# decide to read it row by row. Notice also the range of lengths, from 8 steps to thousands. Whatever reads all of these
# cannot have a fixed number of inputs.

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
plots.text_to_loss(phrase, vocabulary, ids, vectors, probabilities, j, title="From text to a loss")
plt.show()

# %%
keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
by_hand, by_keras = -np.log(probabilities[j]), float(keras_loss(np.array([j]), scores[np.newaxis]))
claim("Our loss is Keras' loss", abs(by_hand - by_keras) < 1e-5, f"{by_hand:.4f} and {by_keras:.4f}")

large = np.float32([0, 100, 200])                                  # a network that is very sure, and wrong
with np.errstate(all="ignore"):
    by_hand = -np.log(np.exp(large[0]) / np.exp(large).sum())
by_keras = float(keras_loss(np.array([0]), large[np.newaxis]))
claim("From scores, Keras finds a loss where the formula as written overflows",
      not np.isfinite(by_hand) and abs(by_keras - 200) < 1e-3, f"{by_keras:.1f} nats, by the formula {by_hand}")

# %% [markdown]
# `from_logits=True` tells Keras that it gets scores, not probabilities. It then takes softmax and logarithm together, and no
# $e^{s}$ has to be computed on its own. All models of this course give scores. And the untrained network? It gives nearly equal
# probabilities, so its loss is near $\ln 7 \approx 1.95$.

# %% [markdown]
# ## Order is information
# Does order matter in your data? Here is a task where *only* order matters. Two symbols, 1 and 2, stand somewhere among
# others. The question is which of them came first.

# %%
order = datasets.order_only(seed=seed)
x, y = order.train                                                 # (examples, 20) ids, (examples,) 0 or 1
x_test, y_test = (np.concatenate(parts) for parts in zip(order.validation, order.test, strict=True))
symbols = int(x.max()) + 1
figure, panel = plt.subplots(2, 1, figsize=(7.0, 2.6))
for row, label in enumerate((1, 0)):
    i = np.flatnonzero(y == label)[0]
    shown = ["abcdefgh"[k - 3] if k > 2 else str(k) for k in x[i]]
    plots.characters(shown, title=f"Label {label}: the {2 - label} comes first", ax=panel[row])
bags = [np.unique(np.sort(x[y == label]), axis=0) for label in (0, 1)]     # sorted symbols: a bag, written out
claim("Both classes hold exactly the same bags of symbols", np.array_equal(*bags),
      f"{len(bags[0])} different bags in {(y == 0).sum()} sequences of each class")

# %% [markdown]
# A **bag** keeps how often each symbol occurs and forgets where. Counts, averages and unordered pooling are bags; a bag of words
# is the classic baseline for text. **Before you run it:** what will a bag reach here, and what a recurrent network?

# %%
def accuracy(layer, x, y, x_test, y_test):
    network = keras.Sequential([keras.layers.Embedding(symbols, 16), layer, keras.layers.Dense(1)])
    network.compile(
        keras.optimizers.Adam(0.005),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
    )
    network.fit(x, y, epochs=10, batch_size=100, verbose=0, callbacks=[progress(label=layer.name)])
    return network.evaluate(x_test, y_test, verbose=0)[1]


bag = accuracy(keras.layers.GlobalAveragePooling1D(), x, y, x_test, y_test)
rnn = accuracy(keras.layers.SimpleRNN(32), x, y, x_test, y_test)
plots.bars({"bag (mean of embeddings)": bag, "recurrent (SimpleRNN)": rnn}, models=["bag", "simple"],
           reference=("chance", 0.5), title="Who came first? A bag cannot know",
           xlabel="accuracy on unseen sequences", form="{:.3f}")
claim("Where only order decides, a bag of features stays at chance", bag <= 0.55, f"accuracy {bag:.3f}, chance 0.5")
claim("A recurrent network reads the order", rnn >= 0.98, f"accuracy {rnn:.3f}, bag {bag:.3f}")

# %% [markdown]
# It is not that the bag is too small: two sequences of different class are the *same input* to it. No amount of training
# separates equal inputs.
#
# ### Which order? Neighbourhoods and time
# Shuffle the pixels of all pictures with *one fixed* permutation. People can no longer read them. **Before you run it:** whom
# does it hurt, a dense network or a convolutional one?

# %%
images, labels = (np.concatenate(parts) for parts in zip(digits.train, digits.validation, digits.test, strict=True))
pixels = (images / 16).reshape(-1, 64)                             # (1797, 64), each in 0 … 1
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
# So a dense network can lose nothing: for every solution there is an equally good one for shuffled pixels. It never knew which
# pixels are neighbours. A convolution assumes that neighbours belong together. We train it on only 300 pictures, where
# what a network assumes counts most. To see past luck, we train eight networks **side by side** in one model: four see the
# pixels in place, four each see them shuffled by a permutation of their own.

# %%
def cnn(images, places):
    h = keras.ops.take(images, places, axis=1)                     # (batch, 64): the pixels in another order
    h = keras.layers.Reshape((8, 8, 1))(h)
    h = keras.layers.Conv2D(16, 3, activation="relu")(h)           # → (batch, 6, 6, 16)
    h = keras.layers.Conv2D(32, 3, activation="relu")(h)           # → (batch, 4, 4, 32)
    h = keras.layers.Flatten()(keras.layers.MaxPooling2D(2)(h))    # → (batch, 128)
    return keras.layers.Dense(10)(h)


orders = [np.arange(64)] * 4 + [rng.permutation(64) for _ in range(4)]
images = keras.Input((64,))
eight = keras.Model(images, keras.ops.stack([cnn(images, places) for places in orders], axis=1))   # → (batch, 8, 10)
eight.compile(keras.optimizers.Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
eight.fit(pixels[:300], np.tile(labels[:300, np.newaxis], 8), epochs=30, batch_size=50, verbose=0,
          callbacks=[progress(label="eight convolutional networks")])
answers = eight.predict(pixels[300:], batch_size=500, verbose=0).argmax(axis=-1)                   # (1497, 8)
right = (answers == labels[300:, np.newaxis]).mean(axis=0)                                        # (8,)
natural, shuffled = right[:4], right[4:]

# %%
accuracies = {"pixels in place": np.mean(natural), "pixels shuffled": np.mean(shuffled)}
plots.bars(accuracies, models=["conv", "conv"], title="A fixed shuffle costs a CNN its neighbourhoods",
           xlabel="accuracy on 1497 unseen digits, mean of 4", form="{:.3f}")
claim("A fixed permutation of the pixels costs a CNN at least a point",
      np.mean(natural) - np.mean(shuffled) >= 0.01,
      f"{np.mean(natural):.3f} against {np.mean(shuffled):.3f}, mean of 4")

# %% [markdown]
# And a recurrent network? **Before you run it:** take the task of the two symbols. What if all sequences are shuffled by the
# *same* permutation of steps? What if each is shuffled *by its own*?

# %%
places = rng.permutation(x.shape[1])                               # one shuffle of the 20 steps
same = accuracy(keras.layers.SimpleRNN(32), x[:, places], y, x_test[:, places], y_test)
own = accuracy(keras.layers.SimpleRNN(32), rng.permuted(x, axis=1), y, rng.permuted(x_test, axis=1), y_test)
plots.bars({"steps in order": rnn, "one shuffle for all": same, "a shuffle for each": own},
           models=["simple"] * 3, reference=("chance", 0.5), form="{:.3f}",
           title="An RNN needs an order that holds for all", xlabel="accuracy on unseen sequences")
claim("One shuffle of the steps, the same for all, can be learned", same >= 0.9, f"accuracy {same:.3f}, chance 0.5")
claim("Shuffling every sequence by itself leaves a recurrent network at chance", own <= 0.55,
      f"accuracy {own:.3f}, in order {rnn:.3f}")

# %% [markdown]
# A shuffle that is the same for all can be learned around: the step at which a symbol appears still tells where it was. What
# an RNN cannot do without is that a step means the same in every sequence. So a CNN needs neighbourhoods, an RNN needs order,
# and a dense network assumes nothing, at a price that comes next.

# %% [markdown]
# ## Why not feed the whole sequence to a dense layer?
# Flatten $(T, D)$ into one vector of $T \cdot D$ numbers and every step gets weights of its own. **Before you run it:** how
# many parameters has a dense layer of 32 units at 1000 steps of 8 features? And a `SimpleRNN` of 32 units?

# %%
def parameters(layers, steps):
    return keras.Sequential([keras.Input((steps, 8)), *layers]).count_params()


lengths = np.array([10, 30, 100, 300, 1000])
flat = [parameters([keras.layers.Flatten(), keras.layers.Dense(32)], steps) for steps in lengths]
recurrent = [parameters([keras.layers.SimpleRNN(32)], steps) for steps in lengths]
plots.lines(lengths, {"flattened + dense": flat, "SimpleRNN": recurrent}, models=["dense", "simple"],
            log="xy", marker="o", title="A dense layer pays for every step", xlabel="steps T", ylabel="parameters")
print(f"at T = 1000: dense {flat[-1]:,}, SimpleRNN {recurrent[-1]:,}")
growth = np.diff(flat) / np.diff(lengths)
claim("The parameters of a flattened input grow by D · units with every step",
      np.all(growth == 8 * 32), f"{growth[0]:.0f} a step, 8 · 32 = {8 * 32}")
claim("The parameters of a recurrent layer do not depend on the length",
      len(set(recurrent)) == 1, f"{recurrent[0]:,} at T = {lengths[0]} and {recurrent[-1]:,} at T = {lengths[-1]}")

# %% [markdown]
# There is a second price. What a dense layer learns about step 3 it does not know about step 4, and a sequence of 1001 steps
# does not fit into it at all. A recurrent layer uses the *same* weights at every step; lesson 03 shows what follows from that.

# %% [markdown]
# ## Sequences of different length
# A batch is one array, so shorter sequences are **padded** to the longest. A **mask** says which steps are real. Bach's
# chorales have from about a hundred to several hundred steps.

# %%
scores = chorales.train[0]                                         # a list of (T_i, 4)
lengths = np.array([len(score) for score in scores])
padded = keras.utils.pad_sequences(scores, padding="post", value=-1)       # (256, longest, 4)
mask = np.arange(padded.shape[1]) < lengths[:, np.newaxis]                 # (256, longest): True at real steps
silent = sum(int((score == 0).all(axis=1).sum()) for score in scores)
print(padded.shape, "of which real steps:", lengths.sum())
claim("Padded with zeros, real steps would pass for padding", silent > 0,
      f"{silent} real steps are rests in all four voices: all zeros")
found = np.array(keras.layers.Masking(-1).compute_mask(padded))
claim("Padded with −1, Keras' Masking layer finds every real step and no other", np.array_equal(found, mask),
      f"{found.sum()} steps found, {lengths.sum()} real")

# %% [markdown]
# Zero is the usual padding value, and here it would be wrong: zero is a rest. Pad with something that cannot occur.
#
# Padding is not only a matter of memory. The network computes every padded step and throws it away. **Before you run it:** of
# all the steps in `padded`, how many are padding? And if each batch of 16 is padded only to *its own* longest?

# %%
def wasted(lengths, batch_size=16):
    groups = [lengths[i : i + batch_size] for i in range(0, len(lengths), batch_size)]
    return sum(int(group.max() * len(group) - group.sum()) for group in groups)


waste = {
    "to the longest of all": wasted(lengths, len(lengths)),
    "to the longest of each batch": wasted(lengths),
    "the same, sorted by length": wasted(np.sort(lengths)),
}
figure, panel = plt.subplots(1, 2, figsize=(7.6, 3.0), sharey=True)
plots.padding(mask, title="As they come", ax=panel[0])
plots.padding(mask[np.argsort(lengths)], title="Sorted by length", ax=panel[1])
plots.bars(waste, models=["baseline", "baseline", "simple"], form="{:,.0f}",
           title=f"Padded steps beside {lengths.sum():,} real ones", xlabel="wasted steps")
claim("Batches of similar length waste less than a fifth of what batches in any order waste",
      waste["the same, sorted by length"] < waste["to the longest of each batch"] / 5,
      ", ".join(f"{steps:,}" for steps in waste.values()))

# %% [markdown]
# This is **bucketing**: sort by length, cut into batches, then shuffle the *batches*. The price is that sequences of equal
# length always meet; for most data that is cheap.

# %% [markdown]
# ## Windows, and three ways to fool yourself
# To forecast a record, cut it into overlapping **windows** of `steps` values and ask for the value that lies `horizon` steps
# after each window. It looks too simple to go wrong. It goes wrong in three ways, and all three *flatter*.

# %%
record = co2.series.to_numpy()                                     # (2284,) weekly, ppm
windows, targets = datasets.windows(record, steps=52, horizon=4)   # (n, 52, 1), (n, 1)
plots.window(record[:100], start=20, steps=52, horizon=4, xlabel="week", ylabel="CO₂ (ppm)",
             title="One window of 52 weeks, and the value four weeks later")
print(windows.shape, targets.shape)
weeks, wanted = datasets.windows(np.arange(100), steps=52, horizon=4)     # the same cut, on the numbers of the weeks
claim("The target lies four steps after the window's last value", wanted[20, 0] == weeks[20, -1, 0] + 4,
      f"window 20 ends with week {weeks[20, -1, 0]:.0f}, its target is week {wanted[20, 0]:.0f}")

# %% [markdown]
# ### Fooled by one
# A target that is off by one step can be *inside* the window. **Before you run it:** which error would a plain linear
# regression have then?

# %%
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor


def rmse(forecast, truth):
    return float(np.sqrt(np.mean((np.asarray(forecast) - truth) ** 2)))


def parts(record):
    first, second = int(0.70 * len(record)), int(0.85 * len(record))
    return record[:first], record[second:]                         # train and test; between them, validation


train, test = parts(record)
x, y = datasets.windows(train, 52, 4)                              # (n, 52, 1), (n, 1)
x_test, y_test = datasets.windows(test, 52, 4)
honest = LinearRegression().fit(x[..., 0], y)
leaky = LinearRegression().fit(x[..., 0], x[:, -1])                # `record[i + steps - 1]`: the window's own last value
error = {"right target": rmse(honest.predict(x_test[..., 0]), y_test),
         "target inside the window": rmse(leaky.predict(x_test[..., 0]), x_test[:, -1])}
plots.bars(error, models=["dense", "baseline"], form="{:.4f}", title="Too good to be true is not true",
           xlabel="RMSE on the last 15 % (ppm)")
claim("With its target inside the window, a linear model is perfect",
      error["target inside the window"] < 0.01 * error["right target"],
      f"RMSE {error['target inside the window']:.0e} against {error['right target']:.2f} ppm")

# %% [markdown]
# ### Fooled by the shuffle
# `train_test_split` shuffles. Windows overlap, so a shuffled test window has near-copies of itself in the training set. We
# ask a model that can do nothing but remember: it answers with the targets of the three most similar windows.

# %%
def remembered(windows, targets, chosen):
    train, test = parts(chosen)                                    # places of windows
    memory = KNeighborsRegressor(3).fit(windows[train, :, 0], targets[train])
    return rmse(memory.predict(windows[test, :, 0]), targets[test])


in_time = remembered(windows, targets, np.arange(len(windows)))
at_random = remembered(windows, targets, rng.permutation(len(windows)))
plots.bars({"split by time": in_time, "shuffled split": at_random}, models=["simple", "baseline"], form="{:.2f}",
           title="A shuffled split rewards memory", xlabel="RMSE of the three nearest windows (ppm)")
claim("A shuffled split makes a pure memory look at least five times as good", at_random < in_time / 5,
      f"RMSE {at_random:.2f} shuffled, {in_time:.2f} by time (ppm)")

# %% [markdown]
# Nobody will ever be asked for a week whose neighbours are known on both sides. Split by time, and split *before* you cut
# windows, so that no value stands in two parts.
#
# ### Fooled by the scaler
# Networks like inputs around 0, so we subtract a mean and divide by a standard deviation. Whose? **Before you run it:** CO₂ has
# risen for decades; the temperature of the Pacific goes up and down. Where will it matter if the scaler has seen the test
# years?

# %%
def train_three(x, y, layer=keras.layers.SimpleRNN):
    window = keras.Input(x.shape[1:])                              # (batch, steps, 1)
    outputs = [keras.layers.Dense(1)(layer(16)(window)) for _ in range(3)]
    networks = keras.Model(window, keras.layers.Concatenate()(outputs))        # → (batch, 3): one forecast each
    networks.compile(keras.optimizers.Adam(0.01), "mse")
    networks.fit(x, np.tile(y, 3), epochs=20, batch_size=128, verbose=0, callbacks=[progress(label="three networks")])
    return networks


def level_error(record, steps, horizon, scaler_sees):
    train, test = parts(record)
    seen = train if scaler_sees == "train" else record
    mean, std = seen.mean(), seen.std()
    networks = train_three(*datasets.windows((train - mean) / std, steps, horizon))
    x_test, y_test = datasets.windows((test - mean) / std, steps, horizon)
    return rmse(networks(x_test), y_test) * std                    # of the three together, in the record's own unit


nino = datasets.el_nino().series.to_numpy()                        # (732,) monthly, °C
tasks = {"CO₂": (record, 52, 4), "El Niño": (nino, 24, 3)}
errors = {(name, sees): level_error(*task, sees) for name, task in tasks.items() for sees in ("train", "all")}

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 4.2))
ratio = {}
for ax, (name, unit) in zip(panel, (("CO₂", "ppm"), ("El Niño", "°C")), strict=True):
    honest, flattered = errors[name, "train"], errors[name, "all"]
    ratio[name] = flattered / honest
    plots.bars({"saw training years": honest, "saw all years": flattered}, models=["simple", "baseline"], form="{:.2f}",
               title=f"{name}: the scaler …", xlabel=f"RMSE on the last 15 % ({unit}), 3 networks", ax=ax)
claim("On CO₂, which rises, a scaler that has seen the test years flatters by a quarter or more", ratio["CO₂"] < 0.75,
      f"error × {ratio['CO₂']:.2f}")
claim("On El Niño, which does not, the error stays within a fifth", 0.8 < ratio["El Niño"] < 1.25,
      f"error × {ratio['El Niño']:.2f}")

# %% [markdown]
# With an honest scaler the CO₂ of the test years lies where the network has never been. The leak moved the future into the
# known range. The cure is not the leak. It is a better question: ask for the *change* since the last value, which has no trend.
# That, and the yardstick we have owed you since the first window, come now.

# %% [markdown]
# ## Naive first
# The **naive** forecast says: nothing changes. The **seasonal naive** forecast says: as a season ago. A **linear regression** on
# the window is the next cheapest thing. **Before you run it:** which of the three does our network beat, once it is asked
# for the change?

# %%
base, base_test = x[:, -1:], x_test[:, -1:]                        # (n, 1, 1): where each window ends
scale = (x - base).std()                                           # from the training windows alone
networks = train_three((x - base) / scale, (y - base[:, 0]) / scale)
changes = np.array(networks((x_test - base_test) / scale)) * scale # (n, 3) ppm
rivals = {
    "naive": rmse(baselines.naive(x_test), y_test),
    "seasonal naive": rmse(baselines.seasonal_naive(x_test, period=52, horizon=4), y_test),
    "linear regression": error["right target"],
    "RNN on levels": errors["CO₂", "train"],
    "RNN on changes": rmse(base_test[:, 0] + changes, y_test),
}
plots.bars(rivals, models=["baseline", "baseline", "dense", "simple", "simple"], form="{:.2f}",
           title="CO₂ four weeks ahead: the question matters more than the net",
           xlabel="RMSE on the last 15 % (ppm), RNN: 3 networks")

# %%
claim("Asked for the level, the network loses to the naive forecast", rivals["RNN on levels"] > rivals["naive"],
      f"{rivals['RNN on levels']:.2f} against {rivals['naive']:.2f} ppm")
claim("Asked for the change, it beats both naive forecasts",
      rivals["RNN on changes"] < 0.9 * min(rivals["naive"], rivals["seasonal naive"]),
      f"{rivals['RNN on changes']:.2f} against {rivals['naive']:.2f} and {rivals['seasonal naive']:.2f} ppm")
claim("A linear regression on the same windows is not beaten by a tenth",
      rivals["RNN on changes"] > 0.9 * rivals["linear regression"],
      f"RNN {rivals['RNN on changes']:.2f}, linear regression {rivals['linear regression']:.2f} ppm")

# %% [markdown]
# A smooth record of one feature with a steady season is home ground for a linear model, and 1500 windows and 20 epochs are
# little for a network. That is worth knowing *before* the network goes into production. Recurrent networks earn their place where a fixed window or a
# straight line cannot follow: text, speech, long memory. Most of this course is about such cases.

# %% [markdown]
# ### The price of tomorrow
# One more, and the most tempting: a real stock, Google's, from its first day of trading in 2004 to 2008. We ask a GRU for tomorrow's
# relative change. **Before you run it:** will it beat "the same as today"?

# %%
train, test = parts(prices.series.to_numpy())
x, y = datasets.windows(train, 20)                                 # (n, 20, 1), (n, 1): US$
x_test, y_test = datasets.windows(test, 20)


def change(values, base):
    return 20 * (values / base - 1)                                # a few per cent become numbers around 1


networks = train_three(change(x, x[:, -1:]), change(y, x[:, -1]), layer=keras.layers.GRU)
forecasts = (np.array(networks(change(x_test, x_test[:, -1:]))) / 20 + 1) * x_test[:, -1]          # (n, 3) US$

# %%
days = np.arange(30)
plots.lines(days, {"price": y_test[:30, 0], "GRU": forecasts[:30, 0]}, models=["truth", "gru"], marker=".",
            title="It looks good, because it follows a day late", xlabel="trading day of the test period", ylabel="US$")
rivals = {"naive": rmse(baselines.naive(x_test), y_test), "drift": rmse(baselines.drift(x_test), y_test),
          "GRU": rmse(forecasts, y_test)}
plots.bars(rivals, models=["baseline", "baseline", "gru"], title="Tomorrow's price: as today, or worse",
           xlabel="RMSE on the last 15 % (US$), GRU: 3 networks", form="{:.2f}")
claim("The GRU does not beat the naive forecast of a price by 2 %", rivals["GRU"] > 0.98 * rivals["naive"],
      f"RMSE {rivals['GRU']:.2f} against {rivals['naive']:.2f} US$")

# %% [markdown]
# Look at the upper figure again. A forecast that repeats yesterday hugs the curve, and on a slide it would convince many.
# Beside the naive forecast it has nothing to offer. Prices are hard for a reason: whatever is easy to foresee has already
# been traded on. So draw the naive forecast first, then train.

# %% [markdown]
# ## Try it
# 1. In *Order is information*, replace `SimpleRNN(32)` by `keras.layers.GlobalMaxPooling1D()`. Is it a bag?
# 2. Set `batch_size=64` in `wasted`. Does sorting matter more or less?
# 3. In *Fooled by the shuffle*, use `nino` with `datasets.windows(nino, 24, 3)`. Why does the shuffle help so little there?
# 4. Use a record of your own: `datasets.series_from_csv("my.csv", "column", steps=24).series.to_numpy()`.
# 5. Move the slider: how far ahead does the naive forecast of El Niño hold, and when is "as a year ago" better?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def naive_errors(horizon):
    x, y = datasets.windows(nino, 24, horizon)
    season_ago = baselines.seasonal_naive(x, period=12, horizon=horizon)
    return {"naive": rmse(baselines.naive(x), y), "as a year ago": rmse(season_ago, y)}


def redraw(months_ahead):
    plots.bars(naive_errors(months_ahead), models=["simple", "baseline"], form="{:.2f}",
               title=f"El Niño, {months_ahead} months ahead", xlabel="RMSE (°C)")
    plt.show()


slider = ipywidgets.IntSlider(3, min=1, max=12, continuous_update=False)
_ = ipywidgets.interact(redraw, months_ahead=slider)

# %%
ahead = np.arange(1, 13)
curves = {name: [naive_errors(horizon)[name] for horizon in ahead] for name in ("naive", "as a year ago")}
plots.lines(ahead, curves, models=["simple", "baseline"], marker="o", xlabel="months ahead", ylabel="RMSE (°C)",
            title="The same at a glance: two naive forecasts cross")
plt.show()

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
# That is 50, the middle axis. Mixing up time and features is the most common shape error, and if both are equal nothing warns you.
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
# <details><summary>Nearly all that decides your labels is in which words occur, not in their order.</summary>
#
# Yes. Then the bag is the better choice: it is cheaper and easier to explain.
# </details>
# <details><summary>Order does not matter in language.</summary>
#
# Too much from one task. It hardly matters for *these labels*. Lesson 08 has reviews where it does.
# </details>
#
# **3. Your forecast of a rising record is excellent in validation and useless in use. What do you check first?**
# <details><summary>Whether the scaler, the split or the windows let the test years leak into training.</summary>
#
# Yes, all three. Each flattered us above, and each in the same direction.
# </details>
# <details><summary>Whether the network is deep enough.</summary>
#
# A network that is too small is bad in validation as well. Good there and bad in use points at the measurement.
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
# It has nothing to learn: no size was needed for the equality above.
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
# - Every sequence becomes `(batch, time, features)`. *(claim: "Sequences differ in length …")*
# - Text becomes ids, ids pick rows of an embedding, scores become a loss by softmax and −ln. *(claims: "Looking up a row …",
#   "Our loss is Keras' loss")*
# - If only order decides, a bag is at chance and an RNN is not. *(claims: "Where only order decides …", "A recurrent network
#   reads the order")*
# - A dense network assumes nothing, a CNN neighbourhoods, an RNN a common order. *(claims: "A dense network with its first kernel's
#   rows moved along …", "A fixed permutation …", "One shuffle of the steps …")*
# - An RNN's parameters do not grow with the length. *(claim: "The parameters of a recurrent layer …")*
# - Pad with a value that cannot occur, and batch by length. *(claims: "Padded with zeros …", "Batches of similar length …")*
# - Leaks flatter: a target inside the window, a shuffled split, a scaler that saw the future. *(claims: "With its target inside the
#   window …", "A shuffled split …", "On CO₂ …", "On El Niño …")*
# - Draw the naive and the linear forecast before you train. *(claims: "Asked for the change, it beats both …", "The GRU does not beat …")*
#
# **Exercises.** [Exercises 01](exercises/01_sequential_data.ipynb): encode text, cut windows, scale without a leak, pad, count waste.
# About 45 minutes.
#
# ## Read on
# - R. J. Hyndman and G. Athanasopoulos, *Forecasting: Principles and Practice* (3rd ed., 2021), chapter 5: naive methods and how to
#   compare with them.
# - S. Kaufman, S. Rosset, C. Perlich and O. Stitelman, *Leakage in data mining: formulation, detection, and avoidance*, ACM
#   TKDD 6 (2012): how information from the test set gets into training, with cases.
# - C. D. Keeling and others, *Atmospheric carbon dioxide variations at Mauna Loa Observatory, Hawaii*, Tellus 28 (1976): the
#   record itself.
# - Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin, *A neural probabilistic language model*, JMLR 3 (2003): where embeddings of words
#   entered neural language models.
