# %% [markdown]
# # 02 · The recurrent cell
#
# **What has to be added to an ordinary layer so that it remembers, and what is in that memory?**
#
# **You will be able to**
# - write a recurrent cell from its equation, and get the same numbers as Keras;
# - predict the shape of everything that a stack of recurrent layers returns, and count its parameters;
# - look into a state: what has a trained network put there, and what has an untrained one;
# - choose where the state starts, its activation, and its first weights, and say what each choice does.
#
# **You need** [lesson 01](01_sequential_data.ipynb). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from rnncourse import plots, progress, scratch
from rnncourse.measure import claim, spectral_radius
import keras
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## A layer without a yesterday
# Five days, one number each: 0, 1, 0, 0, 0. Something happens on the second day and never again. We send the days one after
# the other through a dense layer, and through Keras' `SimpleRNN`.
#
# **Before you run it:** days 1, 3, 4 and 5 have the same input. On which of them will the dense layer give the same output? And
# the recurrent one?

# %%
days = np.float32([[[0], [1], [0], [0], [0]]])                     # (1, 5, 1): batch, time, features
dense = keras.layers.Dense(3, activation="tanh")                   # the last axis is its input: each day on its own
recurrent = keras.layers.SimpleRNN(3, return_sequences=True)
answers = {"dense": np.array(dense(days))[0], "recurrent": np.array(recurrent(days))[0]}        # each (5, 3)

figure, panel = plt.subplots(1, 2, figsize=(7.0, 3.0), sharey=True)
for ax, (layer, output) in zip(panel, answers.items(), strict=True):
    units = {f"unit {k + 1}": output[:, k] for k in range(3)}
    plots.lines(np.arange(1, 6), units, marker="o", title=f"{layer.capitalize()} layer", xlabel="day", ylabel="output", ax=ax)
panel[1].get_legend().remove()
quiet = {layer: output[[2, 3, 4]] - output[0] for layer, output in answers.items()}
claim("The dense layer gives the same output for the same input", (quiet["dense"] == 0).all(), "difference 0 on days 3 to 5")
claim("The recurrent layer does not", (np.abs(quiet["recurrent"]).max(axis=-1) > 1e-3).all(),
      f"difference {np.abs(quiet['recurrent']).max():.2f} at most")

# %% [markdown]
# To the dense layer day 3 is day 1. To the recurrent layer it is the day after something happened. It has kept a trace of day 2
# in its **state**: a vector that it reads and rewrites at every step.

# %% [markdown]
# ## The equation
# A feedforward layer computes
#
# $$h = \varphi(x\,W + b).$$
#
# A recurrent layer adds one term. It also reads what it wrote one step ago (Elman 1990):
#
# $$h_t = \varphi(x_t\,W_x + h_{t-1}\,W_h + b), \qquad y_t = h_t\,W_y + b_y .$$
#
# $x_t$ has $D$ numbers (features), the state $h_t$ has $H$ (units). So $W_x$ is $(D, H)$, $W_h$ is $(H, H)$ and $b$ is
# $(H,)$. Keras calls them `kernel`, `recurrent_kernel` and `bias`. $\varphi$ is tanh unless you say otherwise, and $h_0$
# is zero. The second equation is an ordinary dense layer that reads the state, the **read-out**. Vectors are rows and stand
# *left* of their matrix: the papers that write $W h$ mean the same with everything transposed.

# %%
plots.recurrent_cell(title="One arrow more: the state is read again at the next step")
plt.show()

# %% [markdown]
# ## Three steps by hand
# Nothing teaches an equation like numbers. One feature, two units, no bias, and weights that are easy to multiply:
#
# $$W_x = \begin{pmatrix} 1 & -0.5 \end{pmatrix}, \qquad W_h = \begin{pmatrix} 0.5 & 1 \\ 0 & 0.5 \end{pmatrix}, \qquad
# x = (1,\ 0,\ -1).$$
#
# Step 1: $h_0$ is zero, so $h_1 = \tanh(1 \cdot (1, -0.5)) = (0.762, -0.462)$. Step 2: the input is 0, only the state
# speaks: $h_1 W_h = (0.5 \cdot 0.762,\ 1 \cdot 0.762 + 0.5 \cdot (-0.462)) = (0.381,\ 0.531)$.
#
# **Before you run it:** take paper and a calculator. What is $h_2$? Which sign will the two units of $h_3$ have?

# %%
W_x = np.array([[1.0, -0.5]])                                      # (1, 2)
W_h = np.array([[0.5, 1.0], [0.0, 0.5]])                           # (2, 2)
b = np.zeros(2)                                                    # (2,)


def step(x_t, h):
    return np.tanh(x_t @ W_x + h @ W_h + b)                        # (batch, 1), (batch, 2) → (batch, 2)


x = np.array([[1.0], [0.0], [-1.0]])                               # (3, 1): one sequence of three steps
h = np.zeros((1, 2))
by_hand = []
for x_t in x:
    h = step(x_t[np.newaxis], h)
    by_hand.append(h[0])
    print("h =", h[0].round(3))

# %%
plots.unrolled(3, inputs=[f"$x_{t}$\n{value:.0f}" for t, value in enumerate(x[:, 0], start=1)], initial="$h_0$\n0, 0",
               states=[f"$h_{t}$\n{one:.3f}, {two:.3f}" for t, (one, two) in enumerate(by_hand, start=1)], read_out="none",
               title="The input of step 1 is still felt at step 3")
nudged = np.tanh([1.001] @ W_x)                                    # h_1, had the first input been 1.001
moved = np.abs(step(np.array([[-1.0]]), step(np.zeros((1, 1)), nudged[np.newaxis])) - by_hand[2]).max()
claim("A nudge of the first input moves the third state", moved > 1e-5, f"input by 1e-03, state by {moved:.0e}")

# %% [markdown]
# All three steps use the *same* $W_x$, $W_h$ and $b$ (the same colours in the picture). That is the second half of the idea. Memory comes from
# $h_{t-1}$, and the length does not matter because the weights are shared; lesson 03 is about that.

# %% [markdown]
# ## The same in NumPy and in Keras
# The loop above is an RNN. `rnncourse.scratch` holds the same loop for whole batches, in NumPy alone and short enough to read. We
# give our weights to Keras' layer, and its weights to ours.
#
# **Before you run it:** Keras computes in float32, with about 7 digits. How closely will the three agree?

# %%
layer = keras.layers.SimpleRNN(2, return_sequences=True)
layer.build((None, None, 1))
layer.set_weights([W_x, W_h, b])                                   # kernel, recurrent kernel, bias
cell = scratch.SimpleRNN(input_dim=1, units=2)
cell.set_weights([W_x, W_h, b])

by_keras = np.array(layer(x[np.newaxis]))[0]                       # (3, 2)
by_scratch = scratch.forward(cell, x[np.newaxis]).outputs[0]       # (3, 2)
for name, states in (("Keras", by_keras), ("scratch", by_scratch)):
    apart = np.abs(states - by_hand).max()
    claim(f"By hand and {name}: the same states", apart < 1e-6, f"largest difference {apart:.0e}")

# %% [markdown]
# Three easy numbers could agree by luck. So again with 40 steps, 6 features, 16 units, random weights and a state that does not start
# at zero.

# %%
layer = keras.layers.SimpleRNN(16, return_sequences=True, bias_initializer="random_normal")
x_long = rng.normal(size=(8, 40, 6)).astype("float32")             # (batch, time, features)
h_start = rng.normal(size=(8, 16)).astype("float32")
by_keras = np.array(layer(x_long, initial_state=h_start))          # (8, 40, 16)

cell = scratch.SimpleRNN(input_dim=6, units=16)
cell.set_weights(layer.get_weights())
by_scratch = scratch.forward(cell, x_long, initial_state=h_start).outputs
apart = np.abs(by_scratch - by_keras).max()
claim("Keras and scratch agree on random weights, a batch and a given first state", apart < 1e-5,
      f"largest difference {apart:.0e} over {by_keras.size:,} numbers")

# %% [markdown]
# From here on you may read Keras' layer as the `step` and the loop of *Three steps by hand*. No lesson uses a recurrent layer that
# you could not have written.

# %% [markdown]
# ## Shapes: what comes out
# Most errors with recurrent layers are errors of shape. A recurrent layer can give back two things:
#
# - the **outputs**: by default only the last state, `(batch, units)`; with `return_sequences=True` the state of every step,
#   `(batch, time, units)`, which the next recurrent layer needs;
# - the **final state**, with `return_state=True`, to go on from later: `(batch, units)`.
#
# Two layers of 20 units read 5 sequences of 3 steps with 10 features. **Before you run it:** what are the shapes of the
# outputs and of the final states? How many parameters have the two layers?

# %%
lower = keras.layers.SimpleRNN(20, return_sequences=True, return_state=True)
upper = keras.layers.SimpleRNN(20, return_sequences=True, return_state=True)
batch = rng.normal(size=(5, 3, 10)).astype("float32")
middle, lower_state = lower(batch)                                 # (5, 3, 10) → (5, 3, 20), (5, 20)
outputs, upper_state = upper(middle)                               # (5, 3, 20) → (5, 3, 20), (5, 20)
print("outputs:     ", outputs.shape)
print("final states:", lower_state.shape, upper_state.shape)
parameters = [20 * (10 + 20 + 1), 20 * (20 + 20 + 1)]              # units × (inputs + units + bias)
claim("Parameters are units × (inputs + units + 1), for each layer",
      [lower.count_params(), upper.count_params()] == parameters, f"{parameters[0]} and {parameters[1]}")
claim("The last output is the last layer's final state", np.array_equal(outputs[:, -1], upper_state),
      f"{np.sum(outputs[:, -1] == upper_state)} of 100 numbers agree exactly")

# %% [markdown]
# The second layer has more parameters although both have 20 units: its inputs are the first layer's 20 states, not the 10
# features. Nowhere does the number of steps appear. And a plain recurrent layer has no output of its own: its output *is* its
# state.
#
# In `scratch` a stack is what it looks like: one cell reads the other's outputs.

# %%
first, second = scratch.SimpleRNN(input_dim=10, units=20), scratch.SimpleRNN(input_dim=20, units=20)
first.set_weights(lower.get_weights())
second.set_weights(upper.get_weights())
below = scratch.forward(first, batch)                              # outputs (5, 3, 20)
above = scratch.forward(second, below.outputs)                     # outputs (5, 3, 20)
apart = np.abs(above.outputs - np.array(outputs)).max()
claim("One cell on the other's outputs is the stack", apart < 1e-5, f"largest difference {apart:.0e}")

# %% [markdown]
# ## What the state holds
# *Bank* by a river, or *bank* with money: the word is the same, so its embedding is the same. The state need not be. We make
# sentences of two kinds. Only one word tells which; it stands three places before *bank*, and what is in between is left to chance.

# %%
cues = {"river": "river boat fish stream reeds shore".split(), "money": "loan cheque cash credit coins salary".split()}
endings = {"river": "flooded froze eroded shifted".split(), "money": "closed opened merged failed".split()}
times, small = "yesterday today later soon again then".split(), "the a old new big small".split()


def sentence(kind):
    places = (times, small, small, cues[kind], ["by", "near"], small, ["bank"], endings[kind])
    return [str(rng.choice(words)) for words in places]


kinds = rng.choice(["river", "money"], size=3000)
sentences = [sentence(kind) for kind in kinds]
vocabulary = sorted({word for words in sentences for word in words})
ids = np.array([[vocabulary.index(word) for word in words] for words in sentences])             # (3000, 8)
is_money = kinds == "money"
bank = sentences[0].index("bank")                                  # place 6, counted from 0
for kind in ("river", "money"):
    print(f"{kind:5} |", " ".join(sentences[np.flatnonzero(kinds == kind)[0]]))
telling = [set(ids[is_money, place]).isdisjoint(ids[~is_money, place]) for place in range(bank + 1)]
claim("Up to bank, one place of seven tells the kinds apart", telling == [False] * 3 + [True] + [False] * 3,
      f"{len(sentences)} sentences of {len(vocabulary)} different words")

# %% [markdown]
# We train a network to guess the next word, and nothing else: nobody tells it that there are two kinds. Then we read its state at
# the word *bank* in 300 sentences that were held out. 32 numbers cannot be drawn, so we draw the two directions in which the states
# of the training sentences differ most (principal component analysis, PCA). Mind the scales.
#
# **Before you run it:** will the two kinds fall apart? And in a network with random weights that has learned nothing?

# %%
def next_word_network():
    words = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(len(vocabulary), 16)(words)                   # (batch, time, 16)
    states = keras.layers.SimpleRNN(32, return_sequences=True)(embedded)            # (batch, time, 32)
    return keras.Model(words, keras.layers.Dense(len(vocabulary))(states)), keras.Model(words, states)


scores_of, states_of = next_word_network()
untrained = np.array(states_of(ids))                               # (3000, 8, 32)
scores_of.compile(keras.optimizers.Adam(0.005), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
_ = scores_of.fit(ids[:2700, :-1], ids[:2700, 1:], epochs=25, batch_size=50, verbose=0,
                  callbacks=[progress(label="next word")])
trained = np.array(states_of(ids))                                 # (3000, 8, 32)

# %%
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

held_out = is_money[2700:]                                     # (300,)


def plane(states):
    at_bank = states[:, bank]                                      # (3000, 32)
    return PCA(2).fit(at_bank[:2700]).transform(at_bank)           # (3000, 2)


def split_by_a_line(points):
    return LogisticRegression(max_iter=2000).fit(points[:2700], is_money[:2700]).score(points[2700:], held_out)


figure, panel = plt.subplots(1, 2, figsize=(7.2, 3.6))
for ax, (name, states) in zip(panel, {"Untrained": untrained, "Trained": trained}.items(), strict=True):
    plots.points(plane(states)[2700:], kinds[2700:], legend=name == "Trained", models={"river": "simple", "money": "lstm"},
                 title=f"{name}: states at “bank”", xlabel="first component", ylabel="second component", ax=ax)
plt.show()

# %%
pairs = {"untrained": untrained[:, bank], "trained": trained[:, bank]}                         # each (3000, 32)
drawn = {"untrained": split_by_a_line(plane(untrained)), "trained": split_by_a_line(plane(trained))}
whole = {name: split_by_a_line(states) for name, states in pairs.items()}
claim("In the trained network a line in this plane tells the two kinds apart", drawn["trained"] >= 0.97,
      f"right for {drawn['trained']:.1%} of 300 held-out sentences")
claim("In the untrained network it gets at least a quarter wrong", drawn["untrained"] <= 0.75,
      f"right for {drawn['untrained']:.1%}")
claim("All 32 numbers of the untrained state tell more than its plane", whole["untrained"] > drawn["untrained"] + 0.05,
      f"a linear classifier of all of them is right for {whole['untrained']:.1%}")


def share_of_kind(states):
    """Which part of the states' variance lies between the means of the two kinds."""
    means = np.array([states[is_money].mean(axis=0), states[~is_money].mean(axis=0)])          # (2, 32)
    return np.sum((means[0] - means[1]) ** 2) / 4 / states.var(axis=0).sum()


share = {name: share_of_kind(states) for name, states in pairs.items()}
claim("Training gave the kind most of the room in the state", share["untrained"] < 0.15 and share["trained"] > 0.6,
      f"{share['untrained']:.0%} of the variance before, {share['trained']:.0%} after")

# %% [markdown]
# The word is the same in all 300 sentences, so a picture of its *embedding* would be a single point. The state is a point for each
# history. Even random weights leave an echo of earlier words in it, from which a linear classifier can read something. Training
# turned the echo into a **feature**: the kind takes most of the room now, because the kind is what helps to guess the ending.
#
# And does it help? The rivals are tables that count which endings followed the last one, two or four words. **Before you run it:**
# the last word is always *bank*, and the telling word stands three places before it. How often will each table expect the right kind?

# %%
def table(words):
    """How often the ending was of the kind money after the last words of a held-out sentence."""
    contexts = [tuple(row) for row in ids[:, bank + 1 - words : bank + 1]]
    seen = {context: [] for context in contexts}
    for context, money in zip(contexts[:2700], is_money[:2700], strict=True):
        seen[context].append(money)
    return np.array([np.mean(seen[context] or [0.5]) for context in contexts[2700:]])           # (300,)


probabilities = np.array(keras.ops.softmax(scores_of(ids[2700:, : bank + 1])))[:, bank]         # (300, V): after "bank"
of_money = [vocabulary.index(word) for word in endings["money"]]
expected = {**{f"table, last {n}": table(n) for n in (1, 2, 4)}, "recurrent network": probabilities[:, of_money].sum(axis=-1)}
right = {name: ((money > 0.5) == held_out).mean() for name, money in expected.items()}
plots.bars(right, models=["baseline"] * 3 + ["simple"], reference=("chance", 0.5), form="{:.2f}",
           title="The same word, two expectations", xlabel="right kind of ending expected, 300 held-out sentences")
claim("After bank the network expects an ending of the right kind", right["recurrent network"] >= 0.97,
      f"right for {right['recurrent network']:.1%}")
claim("Tables of the last one or two words cannot", max(right["table, last 1"], right["table, last 2"]) <= 0.62,
      f"right for {right['table, last 1']:.1%} and {right['table, last 2']:.1%}")
claim("A table of the last four can", right["table, last 4"] >= 0.97, f"right for {right['table, last 4']:.1%}")

# %% [markdown]
# A table has to be told how far back to look, and needs room for every context of that length. The network was told neither. It
# found out what to keep.

# %% [markdown]
# ## Where the state starts
# $h_0 = 0$ is a choice. Two others: hand over a state that you have (lesson 03 streams that way), or make $h_0$ a **learned** vector,
# one more parameter. When does it matter? Take the extreme: a network *without any input* that shall draw a wave, 40 steps long.
#
# **Before you run it:** zero input, zero first state, no bias. What can the best weights in the world draw? (How `draw_wave` trains them,
# you need not read before lesson 04.)

# %%
silence = np.zeros((1, 40, 1))                                     # (1, 40, 1): nothing comes in
wave = np.sin(2 * np.pi * np.arange(40) / 20 + 0.9)[np.newaxis, :, np.newaxis]                  # (1, 40, 1)


def draw_wave(*learned, updates=600):
    cell = scratch.SimpleRNN(input_dim=1, units=16, seed=seed)
    start, read_out = np.zeros((1, 16)), rng.normal(0, 0.25, (16, 1))
    optimizer = scratch.Adam(learning_rate=0.01)
    for _ in range(updates):
        run = scratch.forward(cell, silence, initial_state=start)
        error = run.outputs @ read_out - wave                      # (1, 40, 1)
        back = scratch.backward(cell, run, error @ read_out.T / 20)
        weights = {"W_h": cell.weights[1], "bias": cell.weights[2], "start": start, "W_y": read_out}
        slopes = {"W_h": back.weights[1], "bias": back.weights[2], "start": back.initial_state, "W_y": run.outputs[0].T @ error[0] / 20}
        optimizer.update(*([values[name] for name in ("W_h", "W_y", *learned)] for values in (weights, slopes)))
    return (run.outputs @ read_out)[0, :, 0]                       # (40,)

# %%
drawings = {"neither bias nor start": draw_wave(), "a learned bias": draw_wave("bias"), "a learned start": draw_wave("start")}
ax = plots.lines(np.arange(1, 41), drawings, models=["baseline", "gru", "simple"], xlabel="step", ylabel="output",
                 title="Without bias or start: silence. With either: the wave")
ax.lines[2].set_linestyle("--")
ax.plot(np.arange(1, 41), wave[0, :, 0], "k.", label="the wave")
ax.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.2))
missed = {name: np.mean((drawing - wave[0, :, 0]) ** 2) for name, drawing in drawings.items()}
claim("Without bias, from a zero state, the network stays silent", (drawings["neither bias nor start"] == 0).all(),
      f"mean squared error {missed['neither bias nor start']:.2f}, that of drawing nothing")
claim("A learned start draws the wave", missed["a learned start"] < 0.05, f"{missed['a learned start']:.4f}")
claim("So does a learned bias, from zero", missed["a learned bias"] < 0.05, f"{missed['a learned bias']:.4f}")

# %% [markdown]
# tanh(0 + 0) is 0, at every step, whatever $W_h$ is. A learned start breaks the silence, but an ordinary bias does so too, and real
# inputs do it anyway. So zero is the usual choice. In Keras a learned start is `layer(x, initial_state=h_0)`, with one trainable
# vector, (1, units), repeated for every sequence of the batch.

# %% [markdown]
# ## tanh or ReLU?
# tanh keeps every unit between −1 and 1, so a state cannot run away. It also means that a unit cannot count *without limit*. ReLU, max(0, ·), has no
# upper limit. Give it the identity as $W_h$ and 1 as $W_x$, and write down what it does to positive inputs:
#
# $$h_t = \max(0,\; x_t + h_{t-1}).$$
#
# **Before you run it:** what is $h_{100}$? And with tanh in place of ReLU? And if the tanh unit reads its inputs a thousand times smaller?

# %%
amounts = rng.uniform(0, 1, size=(1, 100, 1))                      # (1, 100, 1)
total = amounts[0, :, 0].cumsum()                                  # (100,): the sum of the inputs so far
counted = {}
for name, activation, W in (("ReLU", "relu", 1.0), ("tanh", "tanh", 1.0), ("tanh, $W_x = 0.001$, times 1000", "tanh", 1e-3)):
    cell = scratch.SimpleRNN(input_dim=1, units=1, activation=activation)
    cell.set_weights([np.full((1, 1), W), np.eye(1), np.zeros(1)])
    counted[name] = scratch.forward(cell, amounts).outputs[0, :, 0] / W             # (100,)
relu, tanh, small_tanh = counted.values()
ax = plots.lines(np.arange(1, 101), counted, models=["conv", "simple", "gru"], xlabel="step", ylabel="state",
                 title="With $W_h = 1$ a ReLU unit adds up; tanh does while its state is small")
ax.lines[2].set_linestyle("--")
ax.plot(np.arange(1, 101), total, "k:", label="sum of the inputs so far")
ax.legend()
claim("A ReLU unit with the identity holds the sum of its inputs", np.allclose(relu, total),
      f"largest difference {np.abs(relu - total).max():.0e}")
claim("The tanh unit stays below 1", tanh.max() < 1, f"largest state {tanh.max():.3f}, sum {total[-1]:.1f}")
claim("With inputs a thousand times smaller it adds up to within a tenth", abs(small_tanh[-1] / total[-1] - 1) < 0.1,
      f"{small_tanh[-1]:.1f} of {total[-1]:.1f}")

# %% [markdown]
# Le, Jaitly and Hinton (2015) start a ReLU network from the identity for this reason. What is never bounded can also explode: had we chosen
# $W_h = 1.1$, the state would be multiplied by $1.1^{100} \approx 14{,}000$. Keras' default is tanh: its state cannot explode. (Its
# gradient can: lesson 06.)

# %% [markdown]
# ## The first weights
# At the start $W_h$ is random, and every step multiplies the state with it once more. What does a random matrix do to a vector when it is
# applied once, and what when it is applied fifty times? Its **singular values** say by how much it can stretch or shrink a vector in
# one step. The usual beginnings, for 64 units:
#
# - **Glorot** (Glorot & Bengio 2010): variance $1/H$ of each entry for a square matrix, made for tanh layers of a deep *feedforward* net;
# - **He** (He et al. 2015): variance $2/H$, made for ReLU in feedforward nets;
# - **orthogonal** (Saxe et al. 2014): a random rotation (or reflection), every singular value is 1;
# - the **identity** (Le et al. 2015): every singular value is 1, and nothing is mixed (not drawn: it does what orthogonal does).
#
# **Before you run it:** which of them lets a vector keep its length over 50 steps? Which one does Keras use for `SimpleRNN`?

# %%
initializers = {
    "He": keras.initializers.HeNormal(seed=seed),
    "Glorot": keras.initializers.GlorotUniform(seed=seed),
    "orthogonal": keras.initializers.Orthogonal(seed=seed),
}
kernels = {name: np.array(initializer((64, 64)), dtype="float64") for name, initializer in initializers.items()}
singular = {name: np.linalg.svd(kernel, compute_uv=False) for name, kernel in kernels.items()}  # each (64,)
vectors = rng.normal(size=(100, 64))                               # 100 random states
lengths = {name: [] for name in kernels}
for name, kernel in kernels.items():
    h = vectors
    for _ in range(50):
        h = h @ kernel                                             # (100, 64): one step without input and without tanh
        lengths[name].append(np.median(np.linalg.norm(h, axis=-1) / np.linalg.norm(vectors, axis=-1)))

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 6.0))
models = ["lstm", "conv", "simple"]
plots.lines(np.arange(1, 65), singular, models=models, title="Only the orthogonal kernel treats all directions alike",
            xlabel="singular values, from the largest", ylabel="stretch in one step", ax=panel[0])
plots.lines(np.arange(1, 51), lengths, models=models, log="y", title="Fifty steps: only orthogonal keeps the length",
            xlabel="steps without input and without activation", ylabel="length, start = 1", ax=panel[1])
plt.show()

# %%
stretch = {name: (values[0], values[-1]) for name, values in singular.items()}
radius = {name: spectral_radius(kernel) for name, kernel in kernels.items()}        # the largest size of an eigenvalue
claim("All singular values of the orthogonal kernel are 1", np.allclose(singular["orthogonal"], 1, atol=1e-5),
      f"{stretch['orthogonal'][1]:.5f} to {stretch['orthogonal'][0]:.5f}")
claim("After 50 steps it has kept the length, He's has multiplied it by more than 1000",
      abs(lengths["orthogonal"][-1] - 1) < 1e-4 and lengths["He"][-1] > 1000,
      f"× {lengths['orthogonal'][-1]:.4f} and × {lengths['He'][-1]:.0e}")
claim("Glorot stretches one direction by more than 1.5 and shrinks another to less than a fifth, in one step",
      stretch["Glorot"][0] > 1.5 and stretch["Glorot"][1] < 0.2, f"{stretch['Glorot'][1]:.3f} to {stretch['Glorot'][0]:.2f}")
claim("Over 50 steps it stretches more than a million times less than that power of its largest singular value",
      lengths["Glorot"][-1] < 1e-6 * stretch["Glorot"][0] ** 50, f"× {lengths['Glorot'][-1]:.2g}, σ₁⁵⁰ = {stretch['Glorot'][0] ** 50:.0e}")
growth = {name: (lengths[name][49] / lengths[name][39]) ** 0.1 for name in ("He", "Glorot")}    # each of the last ten steps
claim("What a step does in the end is the largest eigenvalue's size, to within a tenth",
      all(abs(growth[name] / radius[name] - 1) < 0.1 for name in growth),
      ", ".join(f"{name} × {growth[name]:.2f} a step, eigenvalue {radius[name]:.2f}" for name in growth))

# %%
layer = keras.layers.SimpleRNN(64)
layer.build((None, None, 8))
W_h_keras = layer.get_weights()[1]                                 # (64, 64)
claim("Keras' SimpleRNN starts with an orthogonal recurrent kernel", np.allclose(W_h_keras @ W_h_keras.T, np.eye(64), atol=1e-4),
      f"W_h W_hᵀ differs from the identity by {np.abs(W_h_keras @ W_h_keras.T - np.eye(64)).max():.0e}")

# %% [markdown]
# Singular values bound what *one* step does. What is stretched comes out in another direction, where the next step may shrink it. So over many
# steps the **eigenvalues** decide: the largest size of an eigenvalue (the spectral radius ρ) is the factor a step in the long run. An
# orthogonal matrix has both at 1. Glorot and He ask that a random layer keeps the size of a *typical* vector for *one* step, He for ReLU,
# which halves the square; here it runs without. Lesson 05 needs both numbers.
#
# Keras takes Glorot for $W_x$, which meets each input once, and orthogonal for $W_h$. tanh then shrinks what is large, so real states do not
# grow like the He line. Their *gradients* are another matter: lessons 04 and 05.

# %% [markdown]
# ## Try it
# 1. When does the trained network know the kind? In a new cell: `bank = 3` (the word that tells), then `bank = 2`, each time with
#    `split_by_a_line(plane(trained))`. (Set `bank = 6` afterwards.)
# 2. Does the wave need 16 units? Change the three 16s in `draw_wave` to 2 and run the cells of that section again.
# 3. What does ReLU do with $W_h = 1.1$? Put `1.1 * np.eye(1)` into the adding cell and run it again.
# 4. Move the slider: what does a factor on $W_h$, the *gain*, do to a state that gets one nudge and then silence?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def after_one_nudge(gain, activation="tanh", steps=60):
    echo = scratch.SimpleRNN(input_dim=1, units=32, activation=activation, seed=seed)
    kernel, recurrent_kernel, bias = echo.weights
    echo.set_weights([kernel, gain * recurrent_kernel, bias])
    nudge = np.eye(1, steps)[:, :, np.newaxis]                     # (1, 60, 1): 1, then zeros
    return np.linalg.norm(scratch.forward(echo, nudge).outputs[0], axis=-1)         # (60,)


def redraw(gain):
    plots.lines(np.arange(1, 61), {f"gain {gain:.2f}": after_one_nudge(gain)}, models=["simple"], title="One nudge, then silence",
                xlabel="step", ylabel="length of the state")
    plt.show()


slider = ipywidgets.FloatSlider(1.0, min=0.5, max=1.5, step=0.05, continuous_update=False)
_ = ipywidgets.interact(redraw, gain=slider)

# %%
echoes = {f"gain {gain}": after_one_nudge(gain) for gain in (0.8, 1.0, 1.3)}
plots.lines(np.arange(1, 61), echoes, models=["lstm", "simple", "gru"], log="y", xlabel="step", ylabel="length of the state",
            title="One nudge: forgotten, slowly fading, or kept alive")
last = {name: echo[-1] for name, echo in echoes.items()}
claim("At gain 0.8 less than a thousandth is left after 60 steps, at 1.3 the state has grown",
      last["gain 0.8"] < 1e-3 * echoes["gain 0.8"][0] and last["gain 1.3"] > echoes["gain 1.3"][0],
      f"{last['gain 0.8']:.0e} and {last['gain 1.3']:.1f}")

# %% [markdown]
# ## Check yourself
#
# **1. A `SimpleRNN(32)` reads (8, 100, 3). What is the shape of its output?**
# <details><summary>(8, 100, 32)</summary>
#
# Only with `return_sequences=True`. By default you get the last state alone.
# </details>
# <details><summary>(8, 32)</summary>
#
# Yes: one state of 32 numbers for each of 8 sequences, the one after step 100.
# </details>
# <details><summary>(8, 100)</summary>
#
# 100 counts the steps. The state has as many numbers as there are units, however long the sequence is.
# </details>
#
# **2. How many parameters has it?**
# <details><summary>32 · 3 + 32 = 128</summary>
#
# That is the dense layer. The recurrent kernel is missing, 32 · 32.
# </details>
# <details><summary>32 · (3 + 32 + 1) = 1152</summary>
#
# Yes. Each unit reads 3 features, 32 numbers of the last state, and a bias.
# </details>
# <details><summary>100 times as many as for one step</summary>
#
# The weights are shared by all steps. 5 steps or 5000, they are the same 1152.
# </details>
#
# **3. The states at *bank* differ in the untrained network too. What did training add?**
# <details><summary>Memory: an untrained network has none.</summary>
#
# It has: its states differ because their histories do, and a line through all 32 numbers reads something of the kind.
# </details>
# <details><summary>A place for what helps to guess the next word.</summary>
#
# Yes. The kind now takes most of the room in the state, so even its two main directions show it.
# </details>
# <details><summary>A new embedding of <em>bank</em> for each meaning.</summary>
#
# There is one embedding a word, before and after. The meanings part in the state.
# </details>
#
# **4. You set all biases and $h_0$ to zero and feed zeros. Which states do you see with tanh?**
# <details><summary>Zeros, at every step.</summary>
#
# Yes, whatever the weights are: tanh(0) = 0.
# </details>
# <details><summary>Small random numbers, because the weights are random.</summary>
#
# Random weights multiply zeros here. There is nothing to mix.
# </details>
# <details><summary>Zeros at step 1, then growing numbers if $W_h$ is large.</summary>
#
# Growth needs something to grow from. A single nudge would do it.
# </details>
#
# **5. Why orthogonal for $W_h$, but not for $W_x$?**
# <details><summary>Because $W_h$ is square.</summary>
#
# Keras can make rectangular matrices orthogonal, too. Being square is not the reason.
# </details>
# <details><summary>Because $W_h$ is applied again and again, $W_x$ once to each input.</summary>
#
# Yes. With an eigenvalue of 1.4, fifty steps make a factor of twenty million; one makes 1.4.
# </details>
# <details><summary>Because an orthogonal $W_h$ stays orthogonal while it is trained.</summary>
#
# It does not. Only the beginning is orthogonal.
# </details>

# %% [markdown]
# ## Take-aways
# - A recurrent layer is a dense layer that also reads its own last output. *(claims: "The dense layer gives the same …", "The recurrent
#   layer does not")*
# - You can write it in a line, and Keras gives the same numbers. *(claims: "By hand and Keras …", "Keras and scratch agree …")*
# - Outputs `(batch, time, units)` or the last one; final states `(batch, units)`; units × (inputs + units + 1) parameters for a
#   layer. *(claims: "Parameters are …", "The last output is …")*
# - A state is a function of the whole history; training decides what of it gets room. *(claims: "Training gave the kind …", "After
#   bank …")*
# - $h_0 = 0$ is a choice, and seldom a bad one. *(claims: "A learned start …", "So does a learned bias …")*
# - tanh is bounded, ReLU can count without limit. *(claims: "A ReLU unit with the identity …", "The tanh unit …")*
# - One step: singular values. Many steps: eigenvalues. An orthogonal $W_h$ has both at 1, and keeps every length; it is Keras' default.
#   *(claims: "After 50 steps …", "Over 50 steps …", "What a step does in the end …", "Keras' SimpleRNN starts …")*
#
# **Exercises.** [Exercises 02](exercises/02_the_recurrent_cell.ipynb): the step, parameters, shapes, first weights, a stack. The notebook says how
# many minutes each takes.
#
# ## Read on
# - J. L. Elman, *Finding structure in time*, Cognitive Science 14 (1990): the network of this lesson; its states of words, clustered.
# - Q. V. Le, N. Jaitly and G. E. Hinton, *A simple way to initialize recurrent networks of rectified linear units* (2015): ReLU and the
#   identity.
# - A. M. Saxe, J. L. McClelland and S. Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks*
#   (2014): why orthogonal.
# - X. Glorot and Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks* (2010), and K. He, X. Zhang, S. Ren
#   and J. Sun, *Delving deep into rectifiers* (2015): the two feedforward initialisations.
