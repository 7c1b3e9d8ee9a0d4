# %% [markdown]
# # 11 · Many-to-many: encoder–decoder
#
# **How does a network turn one sequence into another that has a different length and a different order?**
#
# **You will be able to**
# - say which tasks neither one output at the end nor an output at every step can do, and build an encoder–decoder for them;
# - train it by teacher forcing, let it write on its own, greedily or with a beam, and score what it writes;
# - measure what it costs to squeeze a source into one vector, and what a reversed source and attention change;
# - write attention in a dozen lines, and see from its weights where a decoder looked.
#
# **You need** [lesson 03](03_unrolling_through_time.ipynb) and [lesson 06](06_exploding_gradients.ipynb): an unrolled network,
# and the GRU as a black box. Teacher forcing (lesson 07) and weights from scores (lesson 08) come again, in a line or two.
# *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, models, plots, progress
from rnncourse.measure import claim
import keras
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 11])

# %% [markdown]
# ## What the known shapes cannot do
# Dates, as five languages write them, and the same dates in the international form (ISO 8601). A small translation task, with
# two troubles of the large ones: other lengths and another order.
#
# **Before you run it:** you know two shapes. *Many-to-one* answers once, at the end. *Many-to-many* in its aligned form
# answers at every step. What would each of them have to do here?

# %%
dates = datasets.dates(seed=seed)                                  # 7000 pairs to train on, 1950 to 2049
x_dates, y_dates = dates.test                                      # (1500, S) and (1500, 12) ids of characters
phrases, isos = dates.source_vocabulary.decode(x_dates), dates.target_vocabulary.decode(y_dates)
locale = dates.locales["test"]
for name in ("en", "fr", "de", "es", "ja"):
    longest = max(np.flatnonzero(locale == name), key=lambda i: len(phrases[i]))
    print(f"{name}  {isos[longest]}  ←  {phrases[longest]}")
pairs = list(zip(phrases, isos, locale, strict=True))
differ = np.mean([len(phrase) != len(iso) for phrase, iso, _ in pairs])
claim("In more than half of the pairs, source and target differ in length", differ > 0.5,
      f"{differ:.0%} of {len(pairs):,}")
late = [phrase.endswith(iso[:4]) for phrase, iso, name in pairs if name != "ja"]
claim("Outside Japanese every source ends with the year, with which every target begins", all(late),
      f"{sum(late):,} of {len(late):,}")

# %% [markdown]
# - **Many-to-one** gives one answer of a fixed size. A date could be forced into that shape, ten answers side by side. A
#   sentence could not.
# - **Aligned many-to-many** has as many answers as inputs, and answer $t$ knows the inputs up to $t$ alone (lesson 03). It
#   would have to write the year before it has read it. Reading both ways (lesson 10) would mend that, but not the number of
#   answers.
#
# What is missing is a pause between reading and writing.

# %% [markdown]
# ## Read everything, then write
# An **encoder–decoder** is two recurrent networks (Sutskever, Vinyals & Le 2014; Cho et al. 2014). The **encoder** reads the
# source. It answers nothing; all that counts is its last state. The **decoder** starts from that state and writes the target,
# one **token** (here a character) after the other.

# %%
plots.encoder_decoder(["3", "1", "4", "1"], ["8", "2", "7", "2", "end"],
                      title="The decoder learns of the source by one vector alone")
plt.show()

# %% [markdown]
# Yellow arrows lead into a state, blue ones from state to state, green ones out; encoder and decoder have weights of their
# own. With source $x_1 \dots x_S$, encoder states $h_j$, decoder states $s_t$ and target $y_1 \dots y_T$:
#
# $$h_j = \mathrm{GRU}(x_j, h_{j-1}), \qquad s_0 = h_S, \qquad s_t = \mathrm{GRU}'(y_{t-1}, s_{t-1}), \qquad
# p(y_t \mid y_1 \dots y_{t-1}, x) = \operatorname{softmax}(s_t W_y + b_y)_{y_t} .$$
#
# The product of these over $t$ is $p(y \mid x)$. Nothing ties $T$ to $S$. Two marks make it work:
#
# - the **start** token, $y_0$: something to read before anything has been written;
# - the **end** token, the last $y_T$: the decoder itself says when it is done. Without it, the length would have to come from
#   somewhere else.
#
# The dashed arrows are a choice. What does the decoder read as $y_{t-1}$? When it writes on its own: what it has just
# written. In training: the *true* token, whatever it has written. That is **teacher forcing**. All its inputs are then known
# beforehand, so one call computes all steps, and after an early mistake the later steps still learn something.
#
# ### The shift
# So in training the decoder's input is the target itself, one step late. The next task shows it: **digit ciphers**. A source
# is 2 to 12 random digits, and a fixed table says which digit stands for which.

# %%
ciphers = datasets.ciphers(examples=27_500, seed=seed)
x_train, y_train = ciphers.train                                   # (19,250, 12) and (19,250, 14) ids
previous, target = y_train[:, :-1], y_train[:, 1:]                 # one row twice: without its last id, without its first
example = np.flatnonzero(ciphers.lengths["train"] == 4)[0]
for name, row in (("source", x_train), ("read   ", previous), ("written", target)):
    print(name, " ".join(f"{ciphers.vocabulary.tokens[i]:7}" for i in row[example][:6]))
given, wanted = models.teacher_forcing(y_train)                    # the same, ready for use
same = np.array_equal(wanted, target) and np.array_equal(given, np.where(previous == 2, 0, previous))       # 2: the end
claim("models.teacher_forcing makes the same shift, and turns the end that nobody reads into padding", same,
      f"{given.size:,} ids agree")

# %% [markdown]
# Without the shift the decoder would find the answer among its inputs: a wonderful loss in training, and nonsense when it
# writes on its own.
#
# A word on what this task is *not*: hard. Source and target have equal lengths and stand in the same order. Whoever knows
# that needs only to count which digit stands at the same place:

# %%
table = np.zeros((13, 13), int)
np.add.at(table, (x_train, y_train[:, 1:-1]), 1)                   # which id stands at the same place of the target?
rule = table.argmax(axis=1)                                        # (13,)
x_far, y_far = ciphers.beyond                                      # sources of 13 to 20 digits
x_test, y_test = ciphers.test
counted = [((rule[x] == y[:, 1:-1]) | (x == 0)).all(axis=1).mean() for x, y in ((x_test, y_test), (x_far, y_far))]
claim("Whoever knows that places correspond enciphers everything by counting", min(counted) == 1,
      f"{counted[0]:.0%} of 2 to 12 digits, {counted[1]:.0%} of 13 to 20")

# %% [markdown]
# Our networks are not told that places correspond; in translation they do not. So this is no contest, it is a measuring
# device: there are only ten rules to learn, and what is hard is to **carry** the digits, in their order, from one network to
# the other.

# %% [markdown]
# ## In Keras
# A dozen lines. The vector is the encoder's output, and the decoder's `initial_state`.

# %%
def fixed_vector(vocabulary, units):
    source, previous = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(vocabulary, 32, mask_zero=True)(source)                  # (B, S) → (B, S, 32)
    vector = keras.layers.GRU(units)(x)                                                 # (B, 64): all that is handed over
    y = keras.layers.Embedding(vocabulary, 32, mask_zero=True)(previous)                # (B, T) → (B, T, 32)
    states = keras.layers.GRU(units, return_sequences=True)(y, initial_state=vector)    # (B, T, 64)
    scores = keras.layers.Dense(vocabulary)(states)                                     # (B, T, 13)
    return keras.Model([source, previous], scores), keras.Model(source, vector)

# %%
model, encoder = fixed_vector(len(ciphers.vocabulary), units=64)
for digits in (2, 12):
    one = x_test[ciphers.lengths["test"] == digits][:1, :digits]
    print(f"{digits:2} digits:", one.shape, "→", encoder(one).shape)
built = models.encoder_decoder(source_vocab=13, target_vocab=13, cell="gru", units=64, embedding_dim=32)
built.set_weights(model.get_weights())
apart = np.abs(built([x_test[:50], given[:50]]) - model([x_test[:50], given[:50]])).max()
claim("models.encoder_decoder builds the same network", apart < 1e-5, f"largest difference of a score {apart:.0e}")

# %% [markdown]
# Training is `fit`, as always. The masks of the two embeddings keep padding out of the states and out of the loss. Two
# options save time with small networks: `jit_compile` makes one compiled program of an update, and `steps_per_execution` runs
# 50 updates at a call.

# %%
def prepare(model, updates):
    rate = keras.optimizers.schedules.CosineDecay(0.01, updates)   # falls to 0 at the end
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0), loss, jit_compile=True, steps_per_execution=50)
    model.optimizer.build(model.trainable_variables)               # so that it has its variables from now on


def learn(model, data, updates, batch=64):
    whole = len(data.train[0]) // (50 * batch) * 50 * batch        # examples: as many as fill calls of 50 batches
    x, (given, wanted) = data.train[0][:whole], models.teacher_forcing(data.train[1][:whole])
    model.fit([x, given], wanted, batch_size=batch, epochs=updates * batch // whole, verbose=0,
              callbacks=[progress(label="learning")])


prepare(model, updates=600)
begin = [(variable, variable.numpy()) for variable in (*model.variables, *model.optimizer.variables)]    # for later
learn(model, ciphers, updates=600)

# %% [markdown]
# ## How much does the vector hold?
# Now it writes on its own. **Greedy** decoding: take the likeliest token, read it at the next step, until the end token. A
# target counts as right when it is right from the first digit to the last and ends there. (Only 20 of the test's sources have
# two digits, since there are just 100 of these; of every other length there are 200 or more.)
#
# **Before you run it:** sixty-four numbers for 2 digits, sixty-four for 12. What will the curve over the length look like?

# %%
ids, right = {}, {}                                                # by name and split: what was written, shares right


def examine(name, model, data):
    for split in ("test", "beyond"):                               # "beyond": sources of 13 to 20 digits, for later
        x, y = getattr(data, split)
        ids[name, split] = models.greedy(model, x, length=y.shape[1] - 1)               # (n, T), padded after the end
        whole, lengths = (ids[name, split] == y[:, 1:]).all(axis=1), data.lengths[split]
        right[name, split] = np.array([whole[lengths == length].mean() for length in np.unique(lengths)])


examine("fixed vector", model, ciphers)
lengths, of_fixed = np.arange(2, 13), right["fixed vector", "test"]
ax = plots.lines(lengths, {"fixed vector": of_fixed}, models=["gru"], marker="o", xlabel="digits",
                 ylabel="whole targets right", title="The fixed vector falls with the length")
ax.set_ylim(-0.03, 1.03)
claim("With one vector, three and four digits are nearly always right, twelve hardly ever",
      of_fixed[1:3].min() > 0.9 and of_fixed[-1] < 0.2, f"{of_fixed[1:3].min():.2f} or more, {of_fixed[-1]:.2f}")

# %% [markdown]
# Are sixty-four numbers too few for twelve digits? Keep that question for the next section.
#
# ### A score that flatters
# Keras would show you another number while training: the share of tokens that are right *under teacher forcing*. **Before you
# run it:** is it higher or lower than the share of tokens that are right when the network writes on its own?

# %%
free = ids["fixed vector", "test"]                                 # (3,595, 13)
given_test, goal = models.teacher_forcing(y_test)                  # (3,595, 13) each
real = goal != 0
forced = np.where(real, np.argmax(model([x_test, given_test]), axis=-1), 0)             # the best token at each step
share_forced, share_free = ((written == goal)[real].mean() for written in (forced, free))
claim("Under teacher forcing more tokens are right than when it writes on its own", share_forced > share_free + 0.05,
      f"{share_forced:.3f} against {share_free:.3f}")
agree = ((forced == goal).all(axis=1) == (free == goal).all(axis=1)).mean()
claim("Whole targets are right for the same sources either way", agree > 0.998, f"{agree:.2%} of {len(free):,}")

# %% [markdown]
# Under teacher forcing every step starts from a true digit, whatever went wrong before. On its own the decoder goes on from
# its mistakes. The second claim must be so (but for ties in rounding): as long as all tokens are right, the two ways read the
# same. So score whole targets, or score what is written freely.

# %% [markdown]
# ## Read it backwards
# Sutskever, Vinyals & Le turned the source round: 1413 instead of 3141, the target unchanged. Now the digit that is needed
# first is read last. On average a source digit and its target digit are as many steps apart as before, but the first ones are
# near.
#
# We train the same network again, from the same first weights, for as many updates. **Before you run it:** which lengths
# gain? Which digits of a long target?

# %%
backwards = datasets.ciphers(examples=27_500, reverse=True, seed=seed)
claim("Reversed or not, the targets are the same", np.array_equal(backwards.test[1], y_test),
      f"{len(y_test):,} in the test")
for variable, value in begin:                                      # weights and optimizer as on the first day
    variable.assign(value)
learn(model, backwards, updates=600)
examine("reversed source", model, backwards)
of_reversed = right["reversed source", "test"]

# %%
colours = {"fixed vector": "gru", "reversed source": "conv"}
shown = {name: right[name, "test"] for name in colours}
place = {name: (ids[name, "test"] == y_test[:, 1:])[ciphers.lengths["test"] == 12, :12].mean(axis=0)
         for name in colours}                                      # (12,) each
figure, panel = plt.subplots(1, 2, figsize=(7.4, 3.3), sharey=True)
plots.lines(lengths, shown, models=list(colours.values()), marker="o", ax=panel[0], xlabel="digits", ylabel="share right",
            title="Whole targets")
plots.lines(np.arange(1, 13), place, models=list(colours.values()), marker="o", ax=panel[1], xlabel="place among twelve",
            ylabel="", title="Single digits of twelve")
panel[1].get_legend().remove()
for ax in panel:
    ax.set_xticks(np.arange(2, 13, 2))
plt.show()

# %%
gain = (of_reversed - of_fixed)[6:10]
claim("Reversed, more targets of 8, 9, 10 and 11 digits are right", gain.min() > 0.1, f"by {gain.min():.2f} or more")
claim("It falls with the length all the same", of_reversed[-1] < 0.5, f"{of_reversed[-1]:.2f} at 12 digits")
rise = place["reversed source"] - place["fixed vector"]            # (12,)
claim("Of twelve digits, the last gains more than the first", rise[-1] > rise[0] + 0.1,
      f"{rise[-1]:+.2f} and {rise[0]:+.2f}")
claim("Either way the first digit of twelve is right more often than the last",
      min(p[0] - p[-1] for p in place.values()) > 0.2, ", ".join(f"{p[0]:.2f} and {p[-1]:.2f}" for p in place.values()))

# %% [markdown]
# So the sixty-four numbers had not been full: the same sixty-four now carry more of the same digits. (In bits there is room:
# twelve digits are 40, and each number has 32.) To pack digits into the vector and to unpack them has to be *learned*. Look
# at the right panel, too: the last digit gains more than the first, although it is the first that is now near. Sutskever,
# Vinyals & Le say that they have no complete explanation of their trick. They suppose that a few near pairs help training to
# find out how to use the vector at all, and that the rest profits. (Lesson 05: over many steps little of the error may come
# back.)
#
# A trick that costs nothing, and helps here. But everything still passes through one place.

# %% [markdown]
# ## Attention
# The encoder computed a state at every digit: $h_1 \dots h_S$. We threw away all but the last. **Attention** (Bahdanau, Cho &
# Bengio 2015) keeps them and lets the decoder look. Lesson 08 weighed all states once, for one answer. Here the decoder
# weighs them anew at every step, and gives more to those that matter now:

# %%
plots.encoder_decoder(["3", "1", "4", "1"], ["8", "2", "7", "2", "end"], attention=[0.05, 0.15, 0.7, 0.1], step=3,
                      title="With attention an output sees every state (weights made up)")
plt.show()

# %% [markdown]
# At step $t$ the decoder compares its state $s_t$ with every $h_j$, which gives each a score $e_{tj}$. Softmax makes the
# scores into weights that sum to 1, and $c_t$ is the mean with these weights:
#
# $$e_{tj} = v \cdot \tanh(s_t W_q + h_j W_m), \qquad a_{tj} = \frac{\exp e_{tj}}{\sum_k \exp e_{tk}}, \qquad c_t = \sum_j a_{tj}\, h_j .$$
#
# The **context** $c_t$ joins $s_t$ on the way out: put side by side, they give $\tanh([c_t, s_t]\, W_c)$, from which the
# scores of the tokens are read. Padding must get no weight at all. (This is the *additive* score of Bahdanau et al. Luong,
# Pham & Manning (2015) multiply, $e_{tj} = s_t W \cdot h_j$, and it is their way out that we use: in Bahdanau et al. the
# state *before* the step looks, and the context enters the step.) The last state still starts the decoder.
#
# The equations are the program:

# %%
def attend(states, memory, real, W_q, W_m, v):
    """Contexts (B, T, H) and weights (B, T, S) for decoder states (B, T, H), encoder states (B, S, H), real (B, S) bool."""
    hidden = np.tanh((states @ W_q)[:, :, None] + (memory @ W_m)[:, None])              # (B, T, S, units): all pairs
    e = np.where(real[:, None], hidden @ v, -np.inf)                                    # (B, T, S): −∞ for padding
    a = np.exp(e - e.max(axis=-1, keepdims=True))                                       # exp(−∞) = 0
    a = a / a.sum(axis=-1, keepdims=True)
    return a @ memory, a

# %%
states, memory = rng.normal(size=(3, 5, 8)), rng.normal(size=(3, 7, 8))                 # (B, T, H), (B, S, H)
present = np.arange(7) < np.array([[7], [4], [2]])                                      # (B, S): three lengths
layer = models.BahdanauAttention(units=16)
theirs = layer(states, memory, value_mask=present, return_scores=True)
ours = attend(states, memory, present, *layer.get_weights())
apart = max(np.abs(one - other).max() for one, other in zip(ours, theirs, strict=True))
claim("Our attention is the layer's", apart < 1e-5, f"largest difference {apart:.0e}")
on_padding = ours[1] * ~present[:, None]                                                # (B, T, S)
claim("Padding gets no weight, the rest sums to 1", on_padding.max() == 0 and np.allclose(ours[1].sum(axis=-1), 1),
      f"largest weight on padding {on_padding.max():.0f}")

# %% [markdown]
# All of it can be differentiated, so `fit` trains it like anything else. Nobody says where to look. And from the state at a
# source digit to the output that needs it there is now *one* step, wherever the two stand. The price: $T \times S$ scores.
#
# To be fair to the fixed vector we give attention less: smaller states (48 units), so fewer weights in total, and half as
# many updates. The source stands in its natural order. **Before you run it:** where will its curve lie?

# %%
attending = models.encoder_decoder(source_vocab=13, target_vocab=13, cell="gru", units=48, attention="bahdanau",
                                   embedding_dim=32)
prepare(attending, updates=300)
learn(attending, ciphers, updates=300)
examine("attention", attending, ciphers)

# %%
of_attention = right["attention", "test"]
colours["attention"] = "transformer"
ax = plots.lines(lengths, {name: right[name, "test"] for name in colours}, models=list(colours.values()), marker="o",
                 xlabel="digits", ylabel="whole targets right", title="Half the updates, and attention does not fall")
ax.set_ylim(-0.03, 1.05)
claim("The network with attention has fewer weights", attending.count_params() < model.count_params(),
      f"{attending.count_params():,} against {model.count_params():,}")
claim("With attention every length from 3 to 12 is above 95 %", of_attention[1:].min() > 0.95,
      f"lowest {of_attention[1:].min():.3f}")

# %% [markdown]
# (The claim leaves out two digits: of only twenty sources, each is 5 points.)
#
# ### Where it looks
# The weights are a picture: one row for each token written, one column for each digit read. **Before you run it:** what
# pattern do you expect?

# %%
weights = models.attention_weights(attending, [x_test, given_test])                     # (3,595, 13, 12)
twelve = np.flatnonzero(ciphers.lengths["test"] == 12)[0]
digits_read, digits_written = (ciphers.vocabulary.decode(part[[twelve]])[0] for part in (x_test, y_test))
plt.subplots(figsize=(4.6, 3.9))
plots.heat(weights[twelve], rows=[*digits_written, "end"], columns=list(digits_read), ax=plt.gca(),
           title="It looks at the digit it enciphers", xlabel="read", ylabel="written")
on_place = (weights[:, :12].argmax(axis=-1) == np.arange(12))[x_test != 0].mean()
claim("The largest weight lies on the digit that is being enciphered", on_place > 0.95,
      f"for {on_place:.1%} of {np.sum(x_test != 0):,} digits")

# %% [markdown]
# Nobody told it that places correspond. It has found out. To look at the right place it must know which place it is at.
# Remember that for what comes next.

# %% [markdown]
# ## Longer than anything it was trained on
# Thirteen to twenty digits. The counting rule above gets all of them right. **Before you run it:** which of the three
# networks goes on?

# %%
far = np.arange(2, 21)
everything = {name: np.append(right[name, "test"], right[name, "beyond"]) for name in colours}
ax = plots.lines(far, everything, models=list(colours.values()), marker="o", xlabel="digits", ylabel="whole targets right",
                 title="Beyond the trained lengths (grey) all three fall")
ax.set_xticks(np.arange(2, 21, 2))
ax.axvspan(12.5, 20.5, color=plots.PALETTE["faint"], alpha=0.5, linewidth=0)            # not trained on
ax.legend(loc="upper right")
highest = max(values[far >= 16].max() for values in everything.values())
claim("From 16 digits on none of the three gets 5 % right", highest < 0.05, f"at most {highest:.3f}")

# %%
sixteen = ciphers.lengths["beyond"] == 16
of_sixteen = (ids["attention", "beyond"] == y_far[:, 1:])[sixteen].mean(axis=0)         # (21,): right, by place
claim("Of 16 digits, attention gets the first eight right and the last two seldom",
      of_sixteen[:8].min() > 0.9 and of_sixteen[14:16].max() < 0.4,
      f"{of_sixteen[:8].min():.2f} or more, {of_sixteen[14:16].max():.2f} or less")
given_far, _ = models.teacher_forcing(y_far[sixteen])
looked = models.attention_weights(attending, [x_far[sixteen], given_far])[:, :16].argmax(axis=-1)       # (375, 16)
in_place = (looked == np.arange(16)).mean(axis=0)                  # (16,)
claim("It looks at the right place for the first eight, and seldom for the 13th to the 15th",
      in_place[:8].min() > 0.9 and in_place[12:15].max() < 0.4,
      f"{in_place[:8].min():.2f} or more, {in_place[12:15].max():.2f} or less")

# %% [markdown]
# Attention can look anywhere. But the decoder has to know *where* to look next, and it has learned that from sources of up
# to 12 digits. After about as many it loses its place, even with the true digits to read, as in the last claim. Being good
# at all trained lengths says little about longer ones. Test the lengths that you will use.

# %% [markdown]
# ## Dates: out of order
# Back to the task of the beginning, with a network like the last one and 400 updates.
#
# **Before you run it:** "Sonntag, 4. Mai 2014" becomes 2014-05-04. In which order will it look at the parts of the source?

# %%
dater = models.encoder_decoder(source_vocab=len(dates.source_vocabulary), target_vocab=len(dates.target_vocabulary),
                               cell="gru", units=48, attention="bahdanau", embedding_dim=32)
prepare(dater, updates=400)
learn(dater, dates, updates=400)


def translate(texts):
    """Texts in, texts out, and where the decoder looked: (n, 11, S)."""
    source = dates.source_vocabulary.encode(texts, marks=False, steps=x_dates.shape[1])
    written = models.greedy(dater, source, length=11)              # (n, 11)
    read, _ = models.teacher_forcing(np.insert(written, 0, 1, axis=1))                  # what it read while it wrote
    return dates.target_vocabulary.decode(written), models.attention_weights(dater, [source, read])

# %%
dated, looks = translate(phrases)
dated_right = np.array(dated) == np.array(isos)                    # (1500,)
claim("More than four out of five dates are right to the last character", dated_right.mean() > 0.8,
      f"{dated_right.mean():.1%} of {len(isos):,}")
trained = set(dates.target_vocabulary.decode(dates.train[1]))
claim("No date of the test was in training: whoever only remembers gets none right", not trained & set(isos),
      f"{len(trained):,} dates trained on")

# %%
def draw(phrase, ax):
    (iso,), (look,) = translate([phrase])
    shown = phrase.translate(str.maketrans("年月日", "YMD"))       # letters that every font has
    plots.heat(look[: len(iso), : len(phrase)], rows=list(iso), columns=list(shown), title=iso, ax=ax)
    ax.tick_params(labelsize=10, length=0)


figure, panel = plt.subplots(3, 1, figsize=(7.2, 8.4))
for ax, (name, style) in zip(panel, (("de", ", "), ("en", ", "), ("ja", "日")), strict=True):
    fitting = np.flatnonzero((locale == name) & dated_right & [style in phrase and "曜" not in phrase for phrase in phrases])
    draw(max((phrases[i] for i in fitting), key=len), ax)
figure.supxlabel("read", fontsize=12)
figure.supylabel("written", fontsize=12)
plt.show()

# %% [markdown]
# Bright: much weight. In the first two the year, written first, is looked for at the end of the source; then the decoder
# jumps back. In German the day stands left of the month, so for the day it jumps back once more. Japanese already has the
# order of the target, year (Y for 年), month (M, 月), day (D, 日): there the path runs down to the right. In numbers, over the
# test set:

# %%
places = np.arange(looks.shape[2])
middle = (looks * places).sum(axis=-1)                             # (1500, 11): the mean place that is looked at
year_after_day = middle[:, :4].mean(axis=1) > middle[:, 8:10].mean(axis=1)
claim("It looks further right for the year than for the day, outside Japanese",
      year_after_day[locale != "ja"].mean() > 0.9, f"{year_after_day[locale != 'ja'].mean():.1%} of sources")
claim("In Japanese it looks further left for the year", year_after_day[locale == "ja"].mean() < 0.1,
      f"{1 - year_after_day[locale == 'ja'].mean():.1%} of sources")
month_after_day = middle[:, 5:7].mean(axis=1) > middle[:, 8:10].mean(axis=1)
back, on = month_after_day[np.isin(locale, ("de", "fr", "es"))].mean(), 1 - month_after_day[locale == "en"].mean()
claim("From month to day it looks back in German, French and Spanish, and on in English", min(back, on) > 0.8,
      f"{back:.1%} and {on:.1%} of sources")

# %%
starts = np.array([phrase.find(iso[:4]) for phrase, iso, _ in pairs])[:, np.newaxis]
inside = (places >= starts) & (places < starts + 4)                # (1500, S): the four characters of the year
on_year = (looks[:, :4] * inside[:, np.newaxis]).sum(axis=-1).mean()
claim("While it writes the year, most of the weight lies on the year", on_year > 0.6,
      f"{on_year:.2f}, on {4 / np.mean([len(phrase) for phrase in phrases]):.0%} of the characters")

# %% [markdown]
# A word of care. The weights say which *states* were mixed, and a state knows more than its own character: the encoder's
# state at the last digit of the year has read all of it. So a bright square says where something was fetched, not what was
# fetched there, and it is no proof of why the network decided as it did (Jain & Wallace 2019).
#
# ### New forms, new years
# The test dates were new, but their forms were familiar. Now two unfamiliar things. Dates in British order, "4 May 2014":
# English months, but the day first, as in French. And dates of the 1850s, in forms that it knows well. **Before you run it:**
# which of the two can it do?

# %%
import datetime
from babel.dates import format_date                                # a date as a language writes it

british = datasets.dates(source="en_GB", examples=1000, seed=seed + 1)
british_phrases = british.source_vocabulary.decode(british.test[0])
british_isos = british.target_vocabulary.decode(british.test[1])
days = [datetime.date(1850, 1, 1) + datetime.timedelta(days=24 * i) for i in range(150)]
old_phrases = [format_date(day, "long", locale=name) for day in days for name in ("en", "fr", "de")]
old_isos = [day.isoformat() for day in days for name in ("en", "fr", "de")]
british_dated, old_dated = translate(british_phrases)[0], translate(old_phrases)[0]
british_right, old_right = np.array(british_dated) == british_isos, np.array(old_dated) == old_isos

# %%
some = [*np.flatnonzero(british_right)[:2], *(np.arange(3) + 150)]
cells = [[british_isos[i], british_dated[i]] for i in some[:2]] + [[old_isos[i], old_dated[i]] for i in some[2:]]
plots.table(cells, rows=[british_phrases[i] for i in some[:2]] + [old_phrases[i] for i in some[2:]],
            columns=["right", "written"], corner="source", title="A new order, and an old year")
claim("Most dates in British order are right, though it never read one", british_right.mean() > 0.6,
      f"{british_right.mean():.0%} of {len(british_isos)}")
claim("Hardly any date of the 1850s is right, in forms that it knows well", old_right.mean() < 0.1,
      f"{old_right.mean():.0%} of {len(old_isos)}")
modern = np.mean([iso[:2] in ("19", "20") for iso in old_dated])
claim("Most of them it moves to a year that begins with 19 or 20", modern > 0.5, f"{modern:.0%}")

# %% [markdown]
# It has learned the parts of a date well enough to join English months to an order known from French. It has not learned to
# *copy* a year: all years in its training began with 19 or 20, so it never had to say anything else there, wherever it
# looked. A network does what its data asked for.

# %% [markdown]
# ## Greedy or beam
# Greedy decoding takes the likeliest token at each step. That need not give the likeliest target: a first token that is a
# little less likely may have a much better continuation. **Beam search** keeps the best `width` beginnings at each step,
# continues each by every token, and keeps the best `width` of those; one that has ended stays as it is. Width 1 is greedy.
# The score of a beginning is $\ln p(y_1 \dots y_t \mid x)$, the sum of the logarithms of its tokens' probabilities.
#
# A longer target has more factors below 1, so a search prefers short ones. Where lengths vary, one divides by the number of
# tokens (`length_penalty=1`, the default of `models.beam_search`). We compare probabilities, so we leave that out.
#
# The network that reads the reversed source is often unsure, so there is something to find. We take its sources of 8 to 12
# digits. **Before you run it:** can a beam turn a right target into a wrong one?

# %%
unsure = backwards.lengths["test"] >= 8
x_unsure, y_unsure = (part[unsure] for part in backwards.test)     # (1875, 12), (1875, 14)
widths = (1, 2, 4)
found = {width: models.beam_search(model, x_unsure, width, length=13, length_penalty=0.0) for width in widths}
best = {width: beams.ids[:, 0] for width, beams in found.items()}                       # (1875, 13) each
log_p = {width: beams.log_probabilities[:, 0] for width, beams in found.items()}        # (1875,) each, in nats
is_right = {width: (best[width] == y_unsure[:, 1:]).all(axis=1) for width in widths}    # (1875,) each
claim("A beam of width 1 writes what greedy writes", np.array_equal(best[1], ids["reversed source", "test"][unsure]),
      f"{len(best[1]):,} targets")

# %%
mean_log_p, exact = ([values[width].mean() for width in widths] for values in (log_p, is_right))
figure, panel = plt.subplots(1, 2, figsize=(7.4, 3.0))
for ax, values, title, unit in zip(panel, (mean_log_p, exact), ("What it finds is likelier", "and somewhat more often right"),
                                   ("mean ln p of what is written", "whole targets right"), strict=True):
    ax.plot(widths, values, "o-", color=plots.PALETTE["conv"])
    ax.set(title=title, xlabel="beam width", ylabel=unit, xticks=widths)
panel[1].set_ylim(0, 1)
plt.show()

# %%
won, lost = (is_right[4] & ~is_right[1]).sum(), (is_right[1] & ~is_right[4]).sum()
claim("On average, a beam of 4 finds something likelier than greedy does", mean_log_p[2] > mean_log_p[0] + 0.03,
      f"{mean_log_p[2]:.2f} against {mean_log_p[0]:.2f} nats")
claim("Here it is right more often", exact[2] > exact[0] + 0.02, f"{exact[2]:.3f} against {exact[0]:.3f}")
claim("It also spoils targets that greedy had right", 0 < lost < won, f"{won} won, {lost} lost")
claim("Most of the gain comes with a beam of 2", mean_log_p[1] - mean_log_p[0] > mean_log_p[2] - mean_log_p[1],
      f"{mean_log_p[1] - mean_log_p[0]:.3f} nats from 1 to 2, {mean_log_p[2] - mean_log_p[1]:.3f} from 2 to 4")

# %% [markdown]
# What is still wrong with a beam of 4: has the search missed something likelier, or does the network itself prefer the
# mistake? We give it the right targets and ask for their probability, by teacher forcing.

# %%
given_unsure, goal_unsure = models.teacher_forcing(y_unsure)       # (1875, 13) each
scores = np.array(model([x_unsure, given_unsure]), dtype="float64")                     # (1875, 13, 13)
of_tokens = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))                 # ln p of every token
of_right = np.take_along_axis(of_tokens, goal_unsure[..., None], axis=-1)[..., 0]       # (1875, 13)
of_right = np.where(goal_unsure != 0, of_right, 0).sum(axis=1)     # (1875,): ln p(right target | source)
preferred = (log_p[4] > of_right)[~is_right[4]].mean()
claim("Where a beam of 4 is wrong, the network nearly always prefers its mistake to the truth", preferred > 0.9,
      f"{preferred:.1%} of {np.sum(~is_right[4])}")

# %%
clearest = np.argmax(np.where(is_right[4] & ~is_right[1], log_p[4] - log_p[1], -np.inf))
written = ciphers.vocabulary.decode([best[1][clearest], *found[4].ids[clearest]])       # greedy's, and the four beams
probability = np.exp([log_p[1][clearest], *found[4].log_probabilities[clearest]])       # (5,)
by_whom = ["greedy", "beam 1, right", "beam 2", "beam 3", "beam 4"]
plots.table([[float(p), whom] for p, whom in zip(probability, by_whom, strict=True)], rows=written, form="{:.3f}",
            columns=["probability", "written by"], corner="target", title="Where greedy misses most")

dated_by_beam = np.array(dates.target_vocabulary.decode(models.beam_search(dater, x_dates, 4, length=11).ids[:, 0]))
by_beam = (dated_by_beam == isos).mean()
claim("On the dates a beam of 4 changes little", abs(by_beam - dated_right.mean()) < 0.04,
      f"{by_beam:.3f} against {dated_right.mean():.3f}")

# %% [markdown]
# A beam finds what the *network* holds likely. Where the network is right about that and greedy has gone astray, it helps.
# Where the network prefers a mistake, no better search helps. And the network of the dates is mostly right already, so there
# is little to win. In translation, too, most of the gain came with a beam of 2 (Sutskever, Vinyals & Le), and very wide
# beams made it worse (Koehn & Knowles 2017). So measure it on your own test set, and mind the price: a beam of 4 runs four
# decoders.

# %% [markdown]
# ## Try it
# 1, 2 and 4 stand on their own: copy them into a new cell below, change them, run them. 3 changes a cell above: run from
# there on again.
#
# 1. A date of your own, in a form of your own: `translate(["Sunday, May 4, 2014", "4 mai 2014", "2014/05/04"])[0]`. What does
#    "May 2014" give, or a month with a spelling mistake? (It refuses characters that its dates never have.)
# 2. A wide beam: `models.beam_search(model, x_unsure, 30, length=13, length_penalty=0.0).log_probabilities[:, 0].mean()`. Is
#    there anything left to gain?
# 3. Does it help to read the dates both ways, as Bahdanau, Cho & Bengio do? Write `bidirectional=True` into the call that
#    builds `dater`, and look at the share of right dates.
# 4. And without attention? Copy the four lines that build and train `dater`, call it `blind` there and set
#    `attention="none"`, then count: `(models.greedy(blind, x_dates, length=11) == y_dates[:, 1:]).all(axis=1).mean()`. How
#    many updates does it ask for?
# 5. Move the slider: dates of the test set, and where the decoder looks.

# %% tags=["nbval-ignore-output"]
import ipywidgets

drawable = np.flatnonzero(locale != "ja")


def redraw(number):
    draw(phrases[drawable[number]], plt.subplots(figsize=(7.2, 3.2))[1])
    plt.show()


slider = ipywidgets.IntSlider(0, min=0, max=len(drawable) - 1, continuous_update=False)
_ = ipywidgets.interact(redraw, number=slider)

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.2, 6.0))
for ax, name in zip(panel, ("es", "fr"), strict=True):
    draw(max((phrases[i] for i in np.flatnonzero(dated_right & (locale == name))), key=len), ax)
figure.supxlabel("read", fontsize=12)
figure.supylabel("written", fontsize=12)
plt.show()

# %% [markdown]
# ## Check yourself
#
# **1. In training, what does the decoder read at step $t$?**
# <details><summary>What it has written itself at step t − 1.</summary>
#
# That is what it reads when it writes freely. In training it gets the true token.
# </details>
# <details><summary>The true token of step t.</summary>
#
# Then it could copy its input. That is the shift forgotten: a tiny loss, and nonsense when it writes freely.
# </details>
# <details><summary>The true token of step t − 1, at the first step the start token.</summary>
#
# Yes: teacher forcing.
# </details>
#
# **2. Under teacher forcing your translator gets 90 % of the tokens right. How many sentences of 20 tokens will be right?**
# <details><summary>About 90 %.</summary>
#
# A sentence is right only if all its tokens are.
# </details>
# <details><summary>0.9²⁰, about 12 %.</summary>
#
# That would be so if mistakes were independent. They gather in the long and hard sentences.
# </details>
# <details><summary>That number does not say. Count whole sentences.</summary>
#
# Yes. It depends on how the mistakes are spread over sentences.
# </details>
#
# **3. Why does the fixed vector fail at twelve digits?**
# <details><summary>Sixty-four numbers have no room for twelve digits.</summary>
#
# They have room for more than ours used. Reversed, the same sixty-four carry more of the same digits.
# </details>
# <details><summary>In these updates it has not learned to pack so many digits in order and to unpack them.</summary>
#
# Yes. How much gets learned depends on the order of reading, as we saw.
# </details>
# <details><summary>A GRU forgets everything after some eight steps.</summary>
#
# The first digit of twelve is twelve steps old when it is written, and it is right more often than the last.
# </details>
#
# **4. A network with attention is at 100 % on all lengths up to 12. What about 16?**
# <details><summary>100 %: attention reaches every position in one step.</summary>
#
# It reaches it, if the decoder knows where to look. That part was learned on 12 digits, and ours fell to nearly nothing.
# </details>
# <details><summary>It has to be measured.</summary>
#
# Yes. Nothing in training asked for more than twelve.
# </details>
# <details><summary>It cannot run: the weights are made for 12 steps.</summary>
#
# It runs. No weight matrix has a length in its shape.
# </details>
#
# **5. You replace greedy by a beam of 8. What is certain?**
# <details><summary>Every single output becomes at least as likely.</summary>
#
# Not even that: on its way the beam may drop the beginning that greedy would have followed.
# </details>
# <details><summary>More outputs are right.</summary>
#
# So it was with our unsure network. With the dates little changed. Only training ties the likely to the right.
# </details>
# <details><summary>It takes more computation. The rest must be measured.</summary>
#
# Yes.
# </details>

# %% [markdown]
# ## Take-aways
# - Other length, other order: read everything, then write. *(claims: "In more than half of the pairs …", "Outside Japanese
#   every source …")*
# - Teacher forcing feeds the true target one step late; start and end tokens begin and end the writing. *(claim:
#   "models.teacher_forcing makes …")*
# - Score whole targets, or free writing: tokens under teacher forcing flatter. *(claims: "Under teacher forcing …", "Whole
#   targets are right …")*
# - One vector for the whole source: in these updates, the longer the worse. Reversing the source helps and does not cure.
#   *(claims: "With one vector …", "Reversed, more targets …", "It falls with the length …")*
# - Attention keeps every state of the encoder: fewer weights, half the updates, all trained lengths. *(claims: "Our attention
#   …", "The network with attention …", "With attention every length …")*
# - Beyond the trained lengths everything falls, attention too. *(claims: "From 16 digits on …", "Of 16 digits …", "It looks
#   at the right …")*
# - Attention weights show the reordering. *(claims: "It looks further right …", "In Japanese …", "From month to day …",
#   "While it writes the year …")*
# - New combinations yes, what the data never asked for no. *(claims: "Most dates in British order …", "Hardly any date of the
#   1850s …")*
# - A beam finds what the network holds likelier; measure whether that is better. *(claims: "On average …", "Here it is right
#   …", "It also spoils …", "On the dates …")*
#
# **Exercises.** [Exercises 11](exercises/11_encoder_decoder.ipynb): the source backwards, attention with a mask, beam
# search. The notebook says how many minutes each takes.
#
# ## Read on
# - I. Sutskever, O. Vinyals and Q. V. Le, *Sequence to sequence learning with neural networks*, NeurIPS 2014: four layers,
#   English to French, the reversed source, and no trouble with long sentences.
# - K. Cho and others, *Learning phrase representations using RNN encoder–decoder for statistical machine translation*, EMNLP
#   2014: the encoder–decoder, and in it the GRU.
# - D. Bahdanau, K. Cho and Y. Bengio, *Neural machine translation by jointly learning to align and translate*, ICLR 2015:
#   attention, with alignments drawn as above, and scores by length.
# - M.-T. Luong, H. Pham and C. D. Manning, *Effective approaches to attention-based neural machine translation*, EMNLP 2015:
#   products for scores, and the way out used here.
# - S. Jain and B. C. Wallace, *Attention is not explanation*, NAACL 2019: what attention weights do not prove.
# - P. Koehn and R. Knowles, *Six challenges for neural machine translation*, Workshop on Neural Machine Translation 2017:
#   length, rare words, wide beams.
