# %% [markdown]
# # 08 · Many-to-one
#
# **A whole sequence goes in, one answer comes out. When does the order inside the sequence decide, and what should the answer be read
# from?**
#
# **You will be able to**
# - build a many-to-one network for words, for measurements and for sounds;
# - write two texts that no bag of words can tell apart, and find out whether your network can;
# - mask padding right, and recognise what a forgotten mask does;
# - choose what the answer is read from: the last state, the mean, the largest values, or attention;
# - test a network on texts it did not grow up with, and hold every task against the baseline that could win.
#
# **You need** [lesson 06](06_exploding_gradients.ipynb). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, measure, models, plots
from rnncourse.measure import baselines, claim
import keras
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 8])                             # not the numbers that a data set draws from its seed

# %% [markdown]
# ## Many in, one out
# Is this review friendly? Which digit was spoken? How warm will the sea be next month? Each time a sequence of any length goes in
# and *one* answer comes out. The simplest such network reads everything and answers from its last state:
#
# $$h_t = \varphi(x_t\,W_x + h_{t-1}\,W_h + b), \qquad y = h_T\,W_y + b_y .$$

# %%
plots.unrolled(5, inputs=["not", "bad", "at", "all", "."], outputs=["praise"], read_out="last",
               title="Many-to-one: the answer waits for the last state")
plt.show()

# %% [markdown]
# There is one loss, at the end. For a number it is the squared error, for one of ten classes the cross-entropy of lesson 01. For yes or no a single
# score $y$ is enough: $p = 1 / (1 + e^{-y})$ is the probability of yes, and the **binary cross-entropy** is $-\ln p$ or $-\ln(1 - p)$, depending on
# which was right. A score above 0 says yes.
#
# `models.many_to_one` builds such a network for any cell of the course. Two of its cells, **LSTM** and **GRU**, are black boxes until
# part 4. Their contract is that of `SimpleRNN`: in goes $x_t$ and the old state, out comes the new one.
#
# ## Two reviews with the same words
# `datasets.reviews` writes reviews of films, books and restaurants by a grammar. In a third of them words mean what they say. In the others something
# turns, weighs or redirects them. We take those of at most 30 words and marks, which are most of them, to save time. Here is a short one of each
# kind.

# %%
data = datasets.reviews(seed=seed)


def short(part):
    """Ids, labels, kinds and texts of the reviews of a part that have at most 30 words and marks."""
    x, y = getattr(data, part)
    fits = (x > 0).sum(axis=1) <= 30
    return x[fits, :30], y[fits], data.phenomena[part][fits], np.array(data.texts[part])[fits]


x_seen, y_seen, _, _ = short("train")                              # (n, 30) ids, 0 is padding; (n,) 1: praise, 0: blame
x_new, y_new, kind_new, texts_new = short("test")
print(len(x_seen), "reviews to learn from,", len(x_new), "new ones,", len(data.vocabulary), "ids\n")
kinds = list(dict.fromkeys(datasets.reviews_by_hand().phenomena))  # nine, "plain" first
for kind in kinds:
    example = min(np.flatnonzero(kind_new == kind), key=lambda i: abs(len(texts_new[i]) - 45))     # about 45 letters
    print(f"{kind:16} {('blame', 'praise')[y_new[example]]:7} {texts_new[example]}")

# %% [markdown]
# Now two sentences of our own, in words that the grammar uses:
#
# > The plot was dull, but the cast was great.
# >
# > The cast was great, but the plot was dull.
#
# Same words, same commas. What stands after *but* decides, so the first praises and the second blames. A **bag of words** (lesson 01) counts
# words and forgets where they stood. We make fifty such pairs. `baselines.bag_of_words` is a **logistic regression** on the counts: a weight
# for each word, summed to one score. With `order=2` it also counts **bigrams**, pairs of neighbours.
#
# **Before you run it:** how many of the hundred will each of the two get right?

# %%
nouns = "acting plot script cast dialogue ending music soundtrack".split()
good, bad = "great good wonderful excellent superb".split(), "dull boring terrible awful poor".split()
pairs = []
for _ in range(50):
    one, other = rng.choice(nouns, 2, replace=False)
    praise, blame = f"the {one} was {rng.choice(good)}", f"the {other} was {rng.choice(bad)}"
    pairs.append([f"{blame}, but {praise}.".capitalize(), f"{praise}, but {blame}.".capitalize()])
x_pairs = data.encode([text for pair in pairs for text in pair])   # (100, 11)
y_pairs = np.tile([1, 0], 50)
bags = {"bag of words": baselines.bag_of_words(x_seen, y_seen),
        "with bigrams": baselines.bag_of_words(x_seen, y_seen, order=2)}
said = bags["bag of words"].predict(x_pairs).reshape(50, 2)
same = said[:, 0] == said[:, 1]
claim("The bag gives both reviews of every pair the same answer", same.all(),
      f"{same.sum()} of {len(same)} pairs, so {(said.ravel() == y_pairs).sum()} right of 100")

# %% [markdown]
# It is lesson 01's argument in words: the two have the same counts, so to the bag they are *one* input, and it is wrong once in each
# pair. Bigrams do see a difference: *dull .* ends one of the two, *great .* the other. Whether that helps we shall see.
#
# ## Bag against networks
# Three kinds of cells, three networks of each with different first weights: an embedding of 16 numbers, 32 units, and the answer from the last
# state. `measure.train_replicas` makes the updates that `fit` would make, in one compiled loop (lesson 05).
#
# **Before you run it:** which of the five will be best on *new* reviews of the grammar, and which second?

# %%
def build(cell, pooling="last", **options):
    return models.many_to_one(vocab_size=len(data.vocabulary), embedding_dim=16, units=32, outputs=1, cell=cell,
                              pooling=pooling, **options)


def train(cell, pooling="last", nets=3, x=x_seen, build=build, **options):
    built = [build(cell, pooling, **options) for _ in range(nets)]
    rate = 0.005 if cell == "simple" else 0.01                     # for each cell the better of the two on data.validation
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    measure.train_replicas(built, x, y_seen[:, np.newaxis].astype("float32"), seeds=range(nets), loss=loss, updates=500,
                           batch_size=64, optimizer=keras.optimizers.Adam(rate), label=f"{cell}, {pooling}")
    return built


def right(net, x, y):
    return (np.array(net(x))[:, 0] > 0) == y                       # (n,): the score says praise, and it is; or neither


nets = {"SimpleRNN": train("simple"), "LSTM": train("lstm"), "GRU": train("gru")}

# %%
def hits(x, y):
    """For each model whether it was right, for networks one row each: (nets, n)."""
    counted = {name: (bag.predict(x) == y)[np.newaxis] for name, bag in bags.items()}
    return counted | {name: np.array([right(net, x, y) for net in three]) for name, three in nets.items()}


on_new, on_pairs = hits(x_new, y_new), hits(x_pairs, y_pairs)
new, paired = ({name: rows.mean() for name, rows in found.items()} for found in (on_new, on_pairs))
colours = ["bag", "bag", "simple", "lstm", "gru"]
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.0))
plots.bars(new, models=colours, form="{:.2f}", xlabel="accuracy (chance: 0.5), networks: mean of 3", ax=panel[0],
           title="New reviews of the grammar: only LSTM and GRU leave the bags behind")
plots.bars(paired, models=colours, form="{:.2f}", xlabel="accuracy (chance: 0.5), networks: mean of 3", ax=panel[1],
           title="The fifty pairs")
plt.show()

# %%
best_bag = max(new["bag of words"], new["with bigrams"])
claim("On new reviews LSTM and GRU are more than a tenth ahead of both bags", min(new["LSTM"], new["GRU"]) > best_bag + 0.1,
      f"{new['LSTM']:.2f} and {new['GRU']:.2f}, bags {new['bag of words']:.2f} and {new['with bigrams']:.2f}")
known = np.mean([right(net, x_seen[:1500], y_seen[:1500]).mean() for net in nets["SimpleRNN"]])
claim("The SimpleRNN is not ahead of the bags", new["SimpleRNN"] < best_bag + 0.03, f"{new['SimpleRNN']:.2f}")
claim("Yet the SimpleRNN gets far more of the reviews right that it has learned from", known > new["SimpleRNN"] + 0.1,
      f"{known:.2f}")
gated = (paired["LSTM"] + paired["GRU"]) / 2
claim("Of the hundred reviews in pairs LSTM and GRU get most right", gated > 0.65,
      f"{paired['LSTM']:.2f} and {paired['GRU']:.2f}")
claim("Counting bigrams gets fewer of them right", paired["with bigrams"] < gated - 0.05, f"{paired['with bigrams']:.2f}")

# %% [markdown]
# Which reviews does each of them get right? **Before you look:** on which kind will the bag be *worse* than a coin?

# %%
def by_kind(found, kind):
    """Accuracy for each kind of review and each model: (9, 5)."""
    return np.array([[rows[:, kind == name].mean() for rows in found.values()] for name in kinds])


grammar = by_kind(on_new, kind_new)
columns = ["bag", "bigrams", "SimpleRNN", "LSTM", "GRU"]
plots.solved(grammar, rows=kinds, columns=columns, threshold=0.8, above=True, form="{:.2f}",
             xlabel="accuracy on new reviews", title="What decides the review, and who gets it")
plain, negation = kinds.index("plain"), kinds.index("negation")
claim("Where words mean what they say, the bag will do", grammar[plain, 0] > 0.85, f"{grammar[plain, 0]:.2f}")
claim("There the bag is ahead of the SimpleRNN", grammar[plain, 0] > grammar[plain, 2] + 0.02, f"{grammar[plain, 2]:.2f}")
claim("On negation the bag is worse than a coin", grammar[negation, 0] < 0.4,
      f"{grammar[negation, 0]:.2f}, GRU {grammar[negation, 4]:.2f}")

# %% [markdown]
# *Never dull*: the bag finds *dull*, which it knows from plain reviews, and says blame. What it has learned where words mean what they say, negation turns against it.
# The more surprising column is the third. The `SimpleRNN` could read the order. It gets most of its training reviews right, but by heart: on new ones it is no better than the
# bags. We shall find out what it lacks. But first something that must not go wrong.

# %% [markdown]
# ## The mask
# A batch is a rectangle. Say that one review has 50 words: then all are filled up to 50 with the id 0. `many_to_one` says `mask_zero=True`
# to its `Embedding`, and the mask travels to the recurrent layer, which skips those steps (lesson 03). It is easily lost: by an `Embedding` without
# the argument, or a layer in between that does not pass it on.
#
# **Before you run it:** without a mask the network reads on over some thirty zeros. It could learn to ignore them. Will it, in the same 500 updates?

# %%
x_long, x_new_long = (np.pad(x, ((0, 0), (0, 20))) for x in (x_seen, x_new))   # (n, 30) → (n, 50)
masked, unmasked = nets["GRU"][0], train("gru", nets=1, x=x_long, mask_zero=False)[0]
padded = {"GRU with mask": right(masked, x_new_long, y_new).mean(),
          "GRU, mask forgotten": right(unmasked, x_new_long, y_new).mean(), "bag of words": new["bag of words"]}
plots.bars(padded, models=["gru", "faint", "bag"], reference=("chance", 0.5), form="{:.2f}",
           xlabel="accuracy on new reviews, padded to 50",
           title="In the same 500 updates: nothing learned without the mask")
claim("Trained for as long without its mask, the GRU stays at chance", padded["GRU, mask forgotten"] < 0.6,
      f"{padded['GRU, mask forgotten']:.2f}, with mask {padded['GRU with mask']:.2f}")


# %%
def moved(net):
    """The largest change of any of 200 scores by twenty more padded steps."""
    return float(np.abs(np.array(net(x_new_long[:200])) - np.array(net(x_new[:200]))).max())


bare = build("gru", mask_zero=False)
bare.set_weights(masked.get_weights())                          # a mask does not have weights
claim("With the mask, more padding changes no score", moved(masked) < 1e-5, f"by {moved(masked):.0e}")
claim("With the same weights and no mask, more padding changes scores", moved(bare) > 0.1, f"by up to {moved(bare):.1f}")

# %% [markdown]
# No error, no warning, a network at chance: whatever was said has to survive thirty steps of nothing, and so has the gradient on its way back. With less padding or more
# patience such a network may learn something and merely be worse, which is harder to notice. Here is a test that notices: **pad more, and no score may change**.

# %% [markdown]
# ## What is the answer read from?
# The last state has to carry the verdict over everything that comes after it, and the gradient has to find the way back (lesson 05). But the network has had a
# state at every step. So read them all, and **pool** them into one vector:
#
# | pooling | the answer is read from | over the steps that are no padding |
# |---|---|---|
# | last | $h_T$ | the last of them |
# | mean | $\frac1T \sum_t h_t$ | $T$ counts them alone |
# | max | $\max_t h_t$, for each unit | among them alone |
# | attention | $\sum_t a_t h_t$ | $a_t = 0$ at padding, the others sum to 1 |
#
# **Attention pooling** learns the weights of the mean. Each state gets a score, and softmax makes weights of the scores (Yang et al. 2016; much the same in Lin et al. 2017):
#
# $$e_t = \tanh(h_t\,W + b) \cdot v, \qquad a_t = \frac{\exp e_t}{\sum_s \exp e_s} .$$
#
# A fair rival is max over the *embeddings*, with no recurrence: a bag as well, but one that is trained like the networks.
#
# **Before you run it:** mean, max and attention all give the gradient a short way to every step. Which of them will help the `SimpleRNN`?

# %%
def no_recurrence(*_):
    return keras.Sequential([keras.layers.Embedding(len(data.vocabulary), 32, mask_zero=True), models.MaskedMax(),
                             keras.layers.Dense(1)])


trained_bags = train("embeddings", "max", nets=2, build=no_recurrence)
trained_bag = np.mean([right(net, x_new, y_new).mean() for net in trained_bags])
pooled = {"last": nets["SimpleRNN"]} | {way: train("simple", way, nets=2) for way in ("mean", "max", "attention")}
reach = {f"SimpleRNN, {way}": np.mean([right(net, x_new, y_new).mean() for net in group]) for way, group in pooled.items()}

# %%
plots.bars({"better bag": best_bag, "embeddings, max": trained_bag} | reach | {"GRU, last": new["GRU"]},
           models=["bag"] * 2 + ["simple"] * 4 + ["gru"], form="{:.2f}",
           xlabel="accuracy on new reviews (networks: mean of 2; last: of 3)",
           title="Read with max or attention, the plain RNN is far better")
last, averaged, largest, attended = reach.values()
claim("With max or attention the SimpleRNN leaves the last state, and the bags, far behind",
      min(largest, attended) > max(last, best_bag) + 0.08, f"{largest:.2f} and {attended:.2f}, last {last:.2f}")
claim("Max over the embeddings alone, with no recurrence, does less", trained_bag < min(largest, attended) - 0.05,
      f"{trained_bag:.2f}")
claim("The mean helps the SimpleRNN far less", averaged < min(largest, attended) - 0.05, f"{averaged:.2f}")
still = max(moved(group[0]) for group in pooled.values())
claim("More padding changes no score with any of the four", still < 1e-4, f"by {still:.0e} at most")

# %% [markdown]
# The same cell, the same number of updates. Reading the answer from the last state was its weakness. Nor is it max alone: without a recurrence
# it knows no order. A short way for the gradient is not the whole story, since
# the mean has that as well. A likely reason: max and attention can *pick*. The steps that decide may be two of twenty, and in a mean they are two of twenty. Gated
# cells need it less. They can hold on to what they have found until the end, which is what their gates are for (lesson 06).

# %% [markdown]
# ### Where does it look?
# The weights can be drawn: `models.attention_weights` gives $a_t$ for every word. Here are four new reviews that it gets right, of four kinds.
#
# **Before you run it:** which words will be dark?

# %%
looking = pooled["attention"][0]


def look(texts):
    """For each text its words, their weights, and the score of praise."""
    ids = data.encode(texts)
    weights = models.attention_weights(looking, ids)               # (n, T), 0 at padding
    words = [data.vocabulary.decode(row).split() for row in ids]
    return words, [row[: len(some)] for row, some in zip(weights, words, strict=True)], np.array(looking(ids))[:, 0]


letters = np.array([len(text) for text in texts_new])
fit = (abs(letters - 85) < 15) & right(looking, x_new, y_new)
places = [np.flatnonzero(fit & (kind_new == kind))[0] for kind in ("negation", "contrast", "intensity", "scope")]
words, weights, scores = look(texts_new[places])
notes = [f"{kind_new[i]}: {('blame', 'praise')[y_new[i]]}, probability of praise {1 / (1 + np.exp(-score)):.2f}"
         for i, score in zip(places, scores, strict=True)]
plots.words(words, weights, notes=notes, model="simple", title="Attention over the words (dark: large weight)")
plt.show()

# %% [markdown]
# Four are no measurement. For one, we put three sentences beside the point in front of twenty short reviews, and behind them.

# %%
asides = ["I heard about it from my sister.", "I am not an expert.", "It was raining, but we had no umbrella."]
mixed = [(aside, text) for text in texts_new[letters < 60][:20] for aside in asides]     # 60
counts = [(data.encode([aside]) > 0).sum() for aside, _ in mixed]                        # words and marks of each aside
fronts, in_front, _ = look([f"{aside} {text}" for aside, text in mixed])
backs, behind, _ = look([f"{text} {aside}" for aside, text in mixed])
shares = [(row[:count].sum(), count / len(row)) for row, count in zip(in_front, counts, strict=True)]
shares += [(row[-count:].sum(), count / len(row)) for row, count in zip(behind, counts, strict=True)]
share, length = np.mean(shares, axis=0)
claim("Sentences beside the point get far less of the weight than they have of the words", share < 0.6 * length,
      f"{share:.0%} of the weight, {length:.0%} of the words")
marked = [row[np.isin(text, [",", "."])].sum() for text, row in zip(fronts + backs, in_front + behind, strict=True)]
claim("Commas and full stops get a part of the weight", np.mean(marked) > 0.05, f"{np.mean(marked):.0%} of the weight")

# %% [markdown]
# A mean would give those words exactly their share. Mind what the picture does *not* say. A comma or a full stop has no opinion. Its *state* has: that has
# read everything before it. So the weight on a word is not the importance of that word (Jain & Wallace 2019). It says at which step the network takes its answer.

# %% [markdown]
# ## Reviews written by hand
# All this was inside one grammar. Does it hold outside? `datasets.reviews_by_hand` holds 450 reviews that were written one by one, before the grammar was: the
# same nine kinds, 50 of each. They are a test, never trained on. A word that the training reviews do not have is **out of
# vocabulary** and becomes the id 3, *unknown*.
#
# One trap on the way. In the grammar a third of the reviews are plain, by hand a ninth. To compare like with like, we take the accuracy of each kind, and then the mean of the nine.
#
# **Before you run it:** the GRU had about nine in ten of the grammar's new reviews right. What will it have here? And the bag?

# %%
by_hand = datasets.reviews_by_hand()
x_hand, y_hand = data.encode(by_hand.texts), by_hand.y             # (450, 27), (450,)
apart = by_kind(hits(x_hand, y_hand), by_hand.phenomena)           # (9, 5)
fair = np.transpose([grammar.mean(axis=0), apart.mean(axis=0)])    # (5, 2): in the grammar, by hand
plots.table(fair, rows=list(new), columns=["grammar", "by hand"], models=colours, form="{:.2f}", corner="mean over kinds",
            title="Accuracy outside the grammar")
outside = data.unknown(by_hand.texts)
claim("About a fifth of the words by hand are out of vocabulary", 0.17 < outside < 0.26, f"{outside:.1%}")
(bag_lost, *_, gru_lost), lead = fair[:, 0] - fair[:, 1], fair[4] - fair[:2].max(axis=0)
claim("By hand the GRU loses more than 15 points of a hundred", gru_lost > 0.15,
      f"from {fair[4, 0]:.2f} to {fair[4, 1]:.2f}")
claim("The bag of words loses less than half as much", bag_lost < 0.5 * gru_lost,
      f"from {fair[0, 0]:.2f} to {fair[0, 1]:.2f}")
claim("The GRU's lead over the better bag is less than half of what it was", lead[1] < 0.5 * lead[0],
      f"{lead[0]:.2f}, by hand {lead[1]:.2f}")
claim("No model gets 70 % right", fair[:, 1].max() < 0.7, f"the best {fair[:, 1].max():.2f}")

# %% [markdown]
# The bag has had little to lose. Why does the GRU lose so much: is it the unknown words, or how people put sentences together? Mind that no training review
# holds the id 3. Its vector stayed as it was drawn, and the GRU has to read it, while the bag leaves it out. A control: in the grammar's own reviews we blank as large a
# share, at random, and leave all else as it is. But people's unknown words are hardly random. *The* is never among them. So we blank a second time, as many words, none of
# them among the fifty commonest. **Before you run it:** what will each of the two cost?

# %%
often = np.argsort(-np.bincount(x_seen[x_seen > 0]))[:50]          # ids of the fifty commonest words and marks
real = x_new > 0                                                   # (n, 30)
share_unknown = (x_hand == 3).sum() / (x_hand > 0).sum()           # of words and marks
cost = {"grammar": fair[4, 0]}
for which, words_open in (("any words blanked", real), ("rarer words blanked", real & ~np.isin(x_new, often))):
    blank = words_open & (rng.random(x_new.shape) < share_unknown * real.sum() / words_open.sum())
    found = {"GRU": np.array([right(net, np.where(blank, 3, x_new), y_new) for net in nets["GRU"]])}
    cost[which] = by_kind(found, kind_new).mean()
cost["by hand"] = fair[4, 1]
plots.bars(cost, models=["gru"] * 4, form="{:.2f}", xlabel="accuracy of the GRU, mean over kinds (chance: 0.5)",
           title="Which words are unknown matters more than how many")
whole, any_blanked, rarer_blanked, written = cost.values()
claim("Blanked anywhere, as many words cost the GRU less than half of what reviews by hand do",
      0.04 < whole - any_blanked < 0.5 * (whole - written), f"{any_blanked:.2f}, by hand {written:.2f}")
claim("Blanked among the rarer words, they cost more than half of it", whole - rarer_blanked > 0.5 * (whole - written),
      f"{rarer_blanked:.2f}")

# %% [markdown]
# Had we stopped at the first control, we would have said: unknown words are the smaller part of the drop. The second says that they may be most of it. A review has few words that carry its verdict,
# and these are often the ones that a small vocabulary lacks. What is left may be how people write: *It isn't half as clever as it thinks it is.* No rule of the grammar makes such a sentence.
#
# Where does the bag hold its own? Of each kind there are only 50 reviews, and an accuracy over 50 is easily off by 0.07 (its **standard error**). So do not rank neighbours, and decide *before* you look
# which kinds to put together. **Plain** reviews and **double negation**, which says in the end what its opinion word says, are those where counting should do. **Before you run it:**
# who is ahead on these hundred?

# %%
plots.solved(apart, rows=kinds, columns=columns, threshold=0.8, above=True, form="{:.2f}",
             xlabel="accuracy, 50 reviews of each kind", title="By hand, kind by kind")
counting = np.isin(kinds, ["plain", "double negation"])            # (9,)
bag_there, gru_there = apart[counting][:, [0, 4]].mean(axis=0)
bags_else, gated_else = (apart[~counting][:, pair].mean() for pair in ([0, 1], [3, 4]))
claim("Where counting should do, bag of words and GRU are within 15 points of each other", abs(bag_there - gru_there) < 0.15,
      f"{bag_there:.2f} and {gru_there:.2f}")
claim("On the other seven kinds LSTM and GRU are ahead of the bags", gated_else > bags_else,
      f"{gated_else:.2f} and {bags_else:.2f}")
claim("Of all kinds, plain reviews are the easiest for the GRU", apart[:, 4].argmax() == plain, f"{apart[plain, 4]:.2f}")

# %% [markdown]
# Where counting does, the bag holds its own, and it is the simpler model: it has one weight a word, and each can be read. The lead of LSTM and GRU is
# on kinds where order decides, and outside the grammar little is left of it. Such a drop is common when a model has only been tested on more of what it was trained on. If you
# want sentiment in real texts, you start from a network that has read much more than 6,000 reviews: lesson 18.

# %% [markdown]
# ## Numbers in, number out
# The same shape, with measurements in place of words: a window of a record goes in, the next value comes out. `datasets.el_nino` is the temperature of the
# Pacific off Peru, month by month, cut by time *before* it was cut into windows (lesson 01). Nothing after the first 70 % is trained on. The rivals: **naive**, as this
# month; **seasonal naive**, as a year before; **Holt–Winters**, which smooths level, trend and season (Holt 1957; Winters 1960); and a linear regression on the window.
#
# **Before you run it:** 48 months go in. Who forecasts the next one best?

# %%
from sklearn.linear_model import LinearRegression


def forecasts(record, period):
    """What each rival says to the windows of the last 30 %, the three networks a column each; and the truth."""
    (x, y), later = record.train, zip(record.validation, record.test, strict=True)
    x_later, y_later = (np.concatenate(parts) for parts in later)  # (n, steps, 1), (n, 1)
    mean, std = x.mean(), x.std()                                  # from the training part alone
    group = [models.many_to_one(features=1, outputs=1, cell="gru", units=8) for _ in range(3)]
    measure.train_replicas(group, (x - mean) / std, (y - mean) / std, seeds=range(3), loss="mse", updates=400, batch_size=64,
                           optimizer=keras.optimizers.Adam(0.01), label="three forecasters")
    say = {"naive": baselines.naive(x_later), "seasonal naive": baselines.seasonal_naive(x_later, period=period),
           "Holt–Winters": baselines.holt_winters(record.train, x_later, period=period),
           "linear regression": LinearRegression().fit(x[..., 0], y).predict(x_later[..., 0])}
    scaled = np.concatenate([np.array(net((x_later - mean) / std)) for net in group], axis=1)   # (n, 3)
    return say | {"GRU": scaled * std + mean}, y_later


say, truth = forecasts(datasets.el_nino(steps=48), period=12)

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.4))
months = np.arange(48)
curves = {"measured": truth[:48, 0], "linear regression": say["linear regression"][:48, 0], "GRU": say["GRU"][:48, 0]}
plots.lines(months, curves, models=["truth", "dense", "gru"], xlabel="month", ylabel="°C", ax=panel[0],
            title="Four of the later years, each month forecast from those before")
panel[0].set_ylim(19, 34)                                          # room for the legend
rmse = {rival: float(np.sqrt(np.mean((says - truth) ** 2))) for rival, says in say.items()}
plots.bars(rmse, models=["baseline"] * 3 + ["dense", "gru"], form="{:.2f}", ax=panel[1],
           xlabel=f"RMSE over {len(truth)} months (°C), GRU: over 3 networks",
           title="A line and a GRU are ahead of the rules of thumb")
plt.show()

# %%
rules = min(rmse["naive"], rmse["seasonal naive"], rmse["Holt–Winters"])
each = np.sqrt(np.mean((say["GRU"] - truth) ** 2, axis=0))         # (3,)
claim("The GRU is a sixth or more ahead of naive, seasonal naive and Holt–Winters", rmse["GRU"] < 5 / 6 * rules,
      f"{rmse['GRU']:.2f} against {rules:.2f} °C")
claim("GRU and linear regression are within a fifth of each other", 0.8 < rmse["GRU"] / rmse["linear regression"] < 1.2,
      f"{rmse['GRU']:.2f} and {rmse['linear regression']:.2f} °C; the three alone {each.min():.2f} to {each.max():.2f}")

# %% [markdown]
# No winner between the line and the GRU that we would bet on. Forty-eight weights and a bias do what a trained
# network does. Here order matters very much, and the line knows it: it has a weight for every place of the window. It can, because all windows have the
# *same* length and what matters has its place in them: a month ago, a year ago. Lesson 20 asks when more is to be had.

# %% [markdown]
# ## Sounds in, class out
# 960 recordings of the ten digits. They are *synthetic*: a speech synthesiser made them, with 16 voices that vary far less than people do. The three voices of the test
# are heard nowhere else. A second has 8,000 samples, far more steps than the networks of lesson 05 could look back. As is usual with speech, we cut the sound into short overlapping pieces,
# **frames** of 32 ms every 20 ms, and describe each by the logarithm of its energy in 20-odd bands of frequency: a **spectrogram**.

# %%
speech = datasets.spoken_digits()
(waves, digit), (waves_new, digit_new) = speech.train, speech.test # 600 and 180 recordings of different length
edges = np.unique(np.geomspace(3, 110, 26).astype(int))            # (24,) where the bands begin; 31 Hz each
longest = max(len(wave) for wave in [*waves, *waves_new])


def recorded(waves, latest):
    """(n, samples): faint noise, and in it each word, begun at a random sample up to `latest`."""
    room = rng.normal(0, 0.003, (len(waves), longest + latest)).astype("float32")
    for sound, wave in zip(room, waves, strict=True):
        start = rng.integers(latest + 1)
        sound[start : start + len(wave)] += wave
    return room


def frames(sounds):
    pieces = np.lib.stride_tricks.sliding_window_view(sounds, 256, axis=1)[:, ::160]            # (n, T, 256)
    power = np.abs(np.fft.rfft(pieces * np.hanning(256))) ** 2     # (n, T, 129)
    return np.log(np.add.reduceat(power, edges, axis=-1) + 1e-3).astype("float32")              # (n, T, 24)


# %%
sets = {}
for name, latest in (("trimmed", 0), ("late", 4000)):
    x, x_test = frames(recorded(waves, latest)), frames(recorded(waves_new, latest))
    mean, std = x.mean(axis=(0, 1)), x.std(axis=(0, 1))            # (24,) each, from the training voices alone
    sets[name] = (x - mean) / std, (x_test - mean) / std
print({name: (x.shape, x_test.shape) for name, (x, x_test) in sets.items()})
figure, panel = plt.subplots(2, 2, figsize=(7.4, 4.6), sharey=True)
for row, (name, (x, _)) in zip(panel, sets.items(), strict=True):
    for ax, i, whose in zip(row, np.flatnonzero(digit == 6)[[0, 20]], ("one voice", "another voice"), strict=True):
        plots.heat(x[i].T, title=f"“six” {name}, {whose}", xlabel="frame (20 ms)", ylabel="band", ax=ax)
        ax.label_outer()
        ax.invert_yaxis()
plt.show()

# %% [markdown]
# The recordings are trimmed: every word begins at the first frame. In the second set the speakers begin when they please, up to half a second later.
#
# The baselines are logistic regressions: on the *mean* of all frames, a bag of sounds; and on all frames *flattened*, with a weight for each band at each frame.
# A third one goes to work first: it looks for the first loud frame and moves the word to the front. **Before you run it:** which of them will keep up with a GRU
# when the words begin late?

# %%
from sklearn.linear_model import LogisticRegression

heard = {}
for name, (x, x_test) in sets.items():
    for how, form in (("mean of frames", lambda x: x.mean(axis=1)), ("flattened", lambda x: x.reshape(len(x), -1))):
        line = LogisticRegression(max_iter=1000).fit(form(x), digit)
        heard[f"{how}, {name}"] = line.score(form(x_test), digit_new)


def moved_up(x):
    """(n, T · bands): each sound from its first frame louder than average, the frames before it put at the end."""
    return np.array([np.roll(sound, -(sound.mean(axis=-1) > 0).argmax(), axis=0) for sound in x]).reshape(len(x), -1)


x, x_test = sets["late"]                                           # (600, 63, 24), (180, 63, 24)
line = LogisticRegression(max_iter=1000).fit(moved_up(x), digit)
heard["start found, flattened, late"] = line.score(moved_up(x_test), digit_new)

# %%
listeners = [models.many_to_one(features=len(edges), outputs=10, cell="gru", units=32, pooling="max") for _ in range(3)]
measure.train_replicas(listeners, x, digit, seeds=range(3), updates=300, batch_size=32, label="three listeners",
                       loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                       optimizer=keras.optimizers.Adam(0.005))
answers = np.array([np.array(net(x_test)).argmax(axis=-1) for net in listeners])               # (3, 180)
heard["GRU with max, late"] = (answers == digit_new).mean()

# %%
plots.bars(heard, models=["bag", "dense", "bag", "dense", "dense", "gru"], reference=("chance", 0.1), form="{:.2f}",
           xlabel="accuracy on voices never heard", title="The GRU does not need to be told where the word begins")
line_at_once, bag_late, line_late, line_moved, gru_late = list(heard.values())[1:]
claim("On trimmed words a logistic regression leaves nothing to win", line_at_once > 0.97, f"{line_at_once:.2f}")
claim("When words begin at any time, the line loses more than a tenth", line_late < line_at_once - 0.1, f"{line_late:.2f}")
claim("The GRU hears late words all the same", gru_late > line_late + 0.1, f"{gru_late:.2f}, mean of 3")
claim("The mean of the frames is not enough", bag_late < gru_late - 0.08, f"{bag_late:.2f}")
claim("With the start found by a rule, the line is back", line_moved > gru_late - 0.06, f"{line_moved:.2f}")

# %% [markdown]
# A flattened input has other weights for frame 10 than for frame 30, so the same word a little later is another input (lesson 01). The GRU has the same weights at every step, and max asks whether
# something was heard, not when. And yet the last bar but one says: one line of **preprocessing** from somebody who knows sounds does as much here. Such rules are baselines, too. This
# one lives on a quiet room. With several words in a row, or noise as loud as the voice, no first loud frame will do; lesson 22 is about that.

# %% [markdown]
# ## Try it
# Each line stands on its own: copy it into a new cell below, change it, run it.
#
# 1. Longer runs for the bag: `(baselines.bag_of_words(x_seen, y_seen, order=4).predict(x_new) == y_new).mean()`. Does it catch up with the GRU?
# 2. Does the last state of a `SimpleRNN` serve better when it also reads backwards? `np.mean([right(net, x_new, y_new).mean() for net in train("simple", nets=2, bidirectional=True)])`
# 3. Another record: `sun, later = forecasts(datasets.sunspots(), period=11)`, then `{rival: float(np.sqrt(np.mean((says - later) ** 2))) for rival, says in sun.items()}`. Who wins this one?
# 4. Give the vector of *unknown* something to learn: blank a tenth of the words in training, `blanked = np.where((x_seen > 0) & (rng.random(x_seen.shape) < 0.1), 3, x_seen)`,
#    then `[right(net, x_hand, y_hand).mean() for net in train("gru", nets=2, x=blanked)]`. How much of the drop does it mend?
# 5. Write a review that the bag gets right and the networks get wrong, and one the other way round. Words that the grammar does not know turn into `<unknown>`.

# %% tags=["nbval-ignore-output"]
import ipywidgets


def judge(*reviews):
    """Each review with the weights of the SimpleRNN with attention, and what the first five models say of it."""
    words, weights, _ = look(reviews)
    said = hits(data.encode(reviews), 1)                           # "right" is praise
    notes = [", ".join(f"{name} {rows[:, i].mean():.0%}" for name, rows in said.items()) for i in range(len(reviews))]
    plots.words(words, weights, notes=notes, model="simple", title="Which share of the models says praise")
    plt.show()


def redraw(review):
    judge(review)


entry = ipywidgets.Text("The film was not bad at all.", continuous_update=False)
_ = ipywidgets.interact(redraw, review=entry)


# %% [markdown]
# Three that stay here: one as the grammar might write it, one as in our pairs, one from those written by hand. The weights are those of the
# `SimpleRNN` with attention; the one in the notes is read at its last state.

# %%
judge("The film was never dull.", "The cast was great, but the plot was dull.",
      "There isn't a dull moment in the whole two hours.")

# %% [markdown]
# ## Check yourself
#
# **1. Two reviews hold the same words in another order, one praises and one blames. A bag of words gets exactly one of them right. Why never both?**
# <details><summary>It was trained on too few such pairs.</summary>
#
# More of them would not help. To the bag the two are one input, and one input gets one answer.
# </details>
# <details><summary>It gives both the same answer, and that fits one of them.</summary>
#
# Yes. That is so before any training, and after all training.
# </details>
# <details><summary>It guesses, and is right half of the time.</summary>
#
# A guesser would have both right now and then. The bag never has. *(claim: "The bag gives both reviews …")*
# </details>
#
# **2. You pad the same test reviews to 80 steps instead of 40, and some scores change. What do you do?**
# <details><summary>Nothing: longer inputs give other scores.</summary>
#
# The reviews have not become longer. Only the rectangle has.
# </details>
# <details><summary>Look for the place where the mask is lost.</summary>
#
# Yes. With the mask in place no score moves. *(claim: "With the mask, more padding …")*
# </details>
# <details><summary>Pad everything to 80 in training, too.</summary>
#
# Then training and test agree, and the network has to carry its answer over forty steps of nothing. Ours learned nothing that way.
# </details>
#
# **3. In a picture of attention pooling the full stop is the darkest "word". What does it say?**
# <details><summary>The full stop is the most important word of the review.</summary>
#
# The weight belongs to the *state* at the full stop, and that state has read the whole review.
# </details>
# <details><summary>The network takes most of its answer from the state at that step.</summary>
#
# Yes, no more and no less.
# </details>
# <details><summary>Attention is broken.</summary>
#
# The end of a sentence is a good place to ask what it said. It is where "last" asks, too.
# </details>
#
# **4. Your GRU has 93 % on held-out reviews of your data and 60 % on reviews that your colleague wrote. A fifth of her words are unknown. What follows?**
# <details><summary>It overfits: stop training earlier.</summary>
#
# Held-out reviews of the same source would show that, and they are at 93 %. What has changed is the source.
# </details>
# <details><summary>A fifth is little: the unknown words cannot be the reason.</summary>
#
# It depends on which fifth. Blanked among the rarer words, as many cost ours far more than blanked anywhere. *(claim: "Blanked among the rarer words …")*
# </details>
# <details><summary>The 93 % hold for reviews that are made like the training reviews.</summary>
#
# Yes. A test set from the same source cannot tell what happens at another.
# </details>
#
# **5. A linear regression on the window is as good as your GRU. When would you expect it to fall behind?**
# <details><summary>As soon as the order of the steps matters.</summary>
#
# It mattered in both our cases. The line has a weight for each place, so it knows the order very well.
# </details>
# <details><summary>When what matters has no fixed place: at another step each time, or at another length.</summary>
#
# Yes, as with words that begin late, unless something moves them into place first.
# </details>
# <details><summary>When the window holds more numbers than there are examples.</summary>
#
# On trimmed words it read 912 numbers and had 600 examples, and made hardly an error. *(claim: "On trimmed words …")*
# </details>

# %% [markdown]
# ## Take-aways
# - To a bag, reviews with the same words are one review; where order decides, LSTM and GRU leave it behind. *(claims: "The bag gives both reviews …", "On new reviews LSTM and
#   GRU …", "Of the hundred …", "On negation …")*
# - A plain RNN read at its last state learns by heart and is no better than the bag on new reviews. *(claims: "The SimpleRNN is not ahead …", "Yet the SimpleRNN …")*
# - Read with max or attention, the same cell is far better. *(claims: "With max or attention …", "Max over the embeddings …", "The mean helps …")*
# - Without its mask a network can learn nothing, quietly. Pad more: no score may move. *(claims: "Trained for as long without …", "With the mask …", "With the same weights …")*
# - Weights of attention show at which step the answer is taken. *(claims: "Sentences beside the point …", "Commas and full stops …")*
# - A test set from the same source flatters. Compare like with like, ask which words are unknown, and see where counting does as well. *(claims: "By hand the GRU …", "The bag of words
#   loses …", "Blanked among the rarer words …", "Where counting should do …")*
# - Hold numbers against naive, seasonal naive, and a line on the window. *(claims: "The GRU is a sixth …", "GRU and linear regression …")*
# - A recurrent network need not be told where a word begins; a rule that finds the start does as much here. *(claims: "On trimmed words …", "The GRU hears …", "With the start found …")*
#
# **Exercises.** [Exercises 08](exercises/08_many_to_one.ipynb): pool with a mask, pool with attention, count what a bag can reach at best, forecast by rules of
# thumb, and write reviews that a bag cannot tell apart. The notebook says how many minutes each takes.
#
# ## Read on
# - S. Wang and C. D. Manning, *Baselines and bigrams: simple, good sentiment and topic classification*, ACL 2012: how far counting goes on real reviews.
# - R. Socher and others, *Recursive deep models for semantic compositionality over a sentiment treebank*, EMNLP 2013: negation and *but*, phrase by phrase, in real sentences.
# - Z. Lin and others, *A structured self-attentive sentence embedding*, ICLR 2017, and Z. Yang and others, *Hierarchical attention networks for document classification*, NAACL 2016: pooling
#   by attention.
# - S. Jain and B. C. Wallace, *Attention is not explanation*, NAACL 2019: what weights of attention do not say.
# - M. T. Ribeiro, T. Wu, C. Guestrin and S. Singh, *Beyond accuracy: behavioral testing of NLP models with CheckList*, ACL 2020: testing a model phenomenon by phenomenon.
