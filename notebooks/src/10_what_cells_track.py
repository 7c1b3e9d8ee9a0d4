# %% [markdown]
# # 10 · What cells track, and tagging
#
# **A network has learned to guess the next character. What does it know about the text on the way, and where does it keep that?**
#
# **You will be able to**
# - measure what a unit tracks, with a score in which a cheap baseline could win;
# - choose a unit on one text and score it on another, beside untrained networks;
# - tell apart "a unit tracks it", "the state holds it" and "the network uses it";
# - tag every token of a line, and find out how far ahead a tagger has to look;
# - say why a tagger may look ahead and a language model may not, and recognise one that does.
#
# **You need** [lesson 09](09_language_models.ipynb). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, measure, models, plots
from rnncourse.measure import claim
import keras
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 10])

# %% [markdown]
# ## A network that has read Python
# `models.pretrained("python_gru")` is a language model as in lesson 09: a GRU of 256 units that has read much of Python's standard library, one character
# after the other, and was asked for the next one. Nobody told it what a string is, or a comment. But whoever guesses the next character of code
# had better know whether a string is open.
#
# All it can know stands in its state $h_t$: 256 numbers between −1 and 1. Karpathy et al. (2015) looked at single units of such networks, drew them over the text, and found
# one that was on inside quotes, others that followed the place in the line or the depth of the indentation, and many without a meaning that they could name. We
# repeat their search, and put a number to it.
#
# Two parts of the library were kept from the network: on `validation` we shall *choose*, on `test` we shall *score*. They share no module.
# `datasets.python_labels` holds the same text with labels for each character, by Python's own `tokenize`. Of each part we take 60 passages of 1,100 characters. The network
# starts each of them with an empty state, so the first 100 characters only warm it up.

# %%
labelled = datasets.python_labels(characters=6_000_000)
characters = labelled.vocabulary                                   # 98 of them
number = {character: i for i, character in enumerate(characters)}
model = models.pretrained("python_gru")
reader = keras.Model(model.input, model.get_layer("recurrent_1").output)                # ids (B, T) → states (B, T, 256)
WARM, LONG = 100, 1100


def spread(length):
    """Places of 60 passages at equal distances, the first one drawn: (60, 1100)."""
    return rng.integers(length // 60 - LONG) + length // 60 * np.arange(60)[:, np.newaxis] + np.arange(LONG)


places = {part: spread(len(getattr(labelled, part)[0])) for part in ("validation", "test")}
ids = {part: getattr(labelled, part)[0][where] for part, where in places.items()}       # (60, 1100) each
states = reader.predict(np.concatenate([ids["validation"], ids["test"]]), batch_size=60, verbose=0)
states = {"validation": states[:60], "test": states[60:]}                               # (60, 1100, 256) each
print({part: h.shape for part, h in states.items()})

# %% [markdown]
# Python has three ways to write a string, and each ends in its own way: `'…'`, `"…"`, and three quotes in a row. To `tokenize` they are all strings. We ask for
# any string, and for each kind by itself. With comments, brackets and keywords that makes seven yes-or-no labels. Two counts stand by for later: the levels of
# indentation, and the column in the line.

# %%
def kinds_of_string(x, inside):
    """For each character 1 in '…', 2 in "…", 3 in triple quotes, else 0: by the quote that opened the string."""
    which = np.cumsum(np.diff(inside, prepend=0) == 1)             # (n,) the number of the string, from 1
    quotes = np.flatnonzero((inside == 1) & np.isin(x, [number["'"], number['"']]))
    opening = quotes[np.unique(which[quotes], return_index=True)[1]]    # (strings,) where each is opened
    x = np.append(x, [0, 0])
    triple = (x[opening] == x[opening + 1]) & (x[opening] == x[opening + 2])
    kind = np.where(triple, 3, np.where(x[opening] == number["'"], 1, 2))
    return np.where(inside == 1, np.append(0, kind)[which], 0)


names = ["'…'", '"…"', '"""…"""', "any string", "comment", "open bracket", "keyword"]
SINGLE, DOUBLE, TRIPLE, STRING, COMMENT, BRACKET, KEYWORD, INDENTATION, COLUMN = range(9)


# %%
def labels(x, y):
    """(n, 9): the seven labels, 0 or 1, then indentation and column."""
    kind, place = kinds_of_string(x, y[:, 0]), np.arange(len(x))
    line = np.maximum.accumulate(np.where(x == number["\n"], place, -1))                # (n,) where the last line ended
    strings = [kind == 1, kind == 2, kind == 3, kind > 0]
    return np.stack([*strings, y[:, 1], y[:, 2] > 0, y[:, 4], y[:, 3], place - line], axis=1)


def flat(h):
    return h[:, WARM:].reshape(-1, h.shape[-1])                    # (60, 1100, …) → (60000, …): what is scored


truth = {part: labels(*getattr(labelled, part))[where] for part, where in places.items()}    # (60, 1100, 9) each
y_choose, y_score = flat(truth["validation"]), flat(truth["test"])                      # (60000, 9) each
print(y_choose.shape, y_score.shape)

# %% [markdown]
# Here are some lines of the test part, three times. The background shows one unit: orange where it is above 0, blue where it is below, the darker the further. What stands
# in `'…'` is underlined. The units are simply the first three.
#
# **Before you run it:** what do you expect of three units that nobody has chosen?

# %%
def excerpt(lines=6):
    """Row and places of lines that are short and hold some strings and brackets, but not too many."""
    for row, (text, y) in enumerate(zip(ids["test"], truth["test"], strict=True)):
        ends = np.flatnonzero(text == number["\n"])
        for begin in np.flatnonzero(ends > WARM)[:-lines]:
            part, lengths = slice(ends[begin] + 1, ends[begin + lines]), np.diff(ends[begin : begin + lines + 1])
            share = y[part].mean(axis=0)
            if lengths.max() < 78 and lengths.min() > 8 and 0.15 < share[SINGLE] < 0.4 and 0.15 < share[BRACKET] < 0.6:
                return row, part


def draw(unit, label, title, ax, turn=1):
    text = "".join(characters[i] for i in ids["test"][some])
    plots.code(text, turn * states["test"][some][:, unit], truth=truth["test"][some][:, label] == 1, title=title, ax=ax)


# %%
some = excerpt()
figure, panel = plt.subplots(3, 1, figsize=(7.0, 5.4))
for unit, ax in enumerate(panel):
    draw(unit, SINGLE, f"Unit {unit}", ax)
plt.show()

# %% [markdown]
# Look long enough and you find a story for each of them. That is the trouble with looking: with 256 units and some goodwill, one
# will do what you hope for. We need a number, and something to hold it against.

# %% [markdown]
# ## A number for "tracks"
# Take one character inside a string and one outside, both at random. The **AUC** is the probability that the unit is larger at the first of the two; a tie counts half. At 1, a
# threshold tells inside from outside without error. At 0.5 the unit says nothing. Below 0.5 it is larger *outside*, which is as good a sign: then we turn
# the unit round and have 1 − AUC. The name is short for *area under the ROC curve*, which is the same number (Hanley & McNeil 1982). Unlike accuracy, it gives
# nothing to a unit that always says "outside", however rare strings are.
#
# Nobody has to count pairs. Give all $n_1 + n_0$ numbers their ranks $r$, 1 for the smallest. With $n_1$ of them inside,
#
# $$\mathrm{AUC} = \frac{\sum_{i\ \mathrm{inside}} r_i - n_1 (n_1 + 1) / 2}{n_1\, n_0} .$$

# %%
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score


def auc(h, label):
    """How each column of h (n, units) tells the ones of each column of label (n, labels) from the zeros: (units, labels)."""
    ones = label.sum(axis=0)
    ranks = rankdata(h, axis=0)                                    # 1 … n; ties share their mean
    return (ranks.T @ label - ones * (ones + 1) / 2) / (ones * (len(label) - ones))


few = rng.choice(len(y_score), 2000, replace=False)
values, inside = flat(states["test"])[few, 0], y_score[few, STRING] == 1
pairs = values[inside][:, np.newaxis] - values[~inside]            # (inside, outside): every pair
by_pairs = np.mean((pairs > 0) + 0.5 * (pairs == 0))
by_ranks = auc(values[:, np.newaxis], inside[:, np.newaxis])[0, 0]
claim("By pairs, by ranks and by scikit-learn it is the same number",
      np.ptp([by_pairs, by_ranks, roc_auc_score(inside, values)]) < 1e-9, f"{by_ranks:.3f} for unit 0 and any string")

# %% [markdown]
# ## Chosen here, scored there
# For each label we take the best of the 256 units on the validation part, and score *that one unit* on the test part. On the part that it was chosen on, the best of 256
# flatters itself. And who could do the same without having understood anything?
#
# - **The current character.** A quote mark is in a string, a letter may be. A table from 400,000 characters of training text says how often each character
#   had the label.
# - **The last eight characters**, by such a table, which falls back on four, two and one when it has not seen the eight.
# - **An untrained network** of the same shape. It has 256 units too, and one of them is the best. We take two such networks.
#
# 60,000 characters sound like many. But neighbours in a text say nearly the same, so it is the 60 passages that count: read nothing into a difference of 0.01.

# %%
def table(lengths, size=400_000):
    """For each scored character the share of each label after the same last characters in training: (60000, 9)."""
    def context(x, k):                                             # one whole number for the last k characters
        return sum(np.roll(x, i, axis=-1) * power for i, power in enumerate(np.int64(101) ** np.arange(k)))

    x, known = labelled.train[0][:size], labels(*(part[:size] for part in labelled.train))   # (400000,), (400000, 9)
    share = known.mean(axis=0)
    for k in lengths:
        seen, which, count = np.unique(context(x, k), return_inverse=True, return_counts=True)
        sums = np.stack([np.bincount(which, column) for column in known.T], axis=1)          # (contexts, 9)
        asked = flat(context(ids["test"], k)[..., np.newaxis])     # (60000, 1)
        row = np.searchsorted(seen, asked[:, 0]).clip(max=len(seen) - 1)
        found = seen[row][:, np.newaxis] == asked                  # (60000, 1): was it seen in training?
        share = (found * sums[row] + share) / (found * count[row][:, np.newaxis] + 1)      # a shorter context counts once
    return share


tables = {"character": table([1]), "last 8": table([1, 2, 4, 8])}

# %%
def untrained(k):
    keras.utils.set_random_seed(100 * seed + k)
    net = models.many_to_many(vocab_size=98, outputs=98, cell="gru", units=256, embedding_dim=32, mask_zero=False)
    layer = keras.Model(net.input, net.get_layer("recurrent_1").output)
    both = layer.predict(np.concatenate([ids["validation"], ids["test"]]), batch_size=60, verbose=0)
    return flat(both[:60]), flat(both[60:])


def best_units(h_choose, h_score):
    """For each label the unit that is best on validation, its sign there, and its AUC on test: (7,) each."""
    found = auc(h_choose[::6], y_choose[::6, :7])                  # (256, 7); every sixth character will do
    unit = np.abs(found - 0.5).argmax(axis=0)
    sign = np.sign(found[unit, range(7)] - 0.5)                    # −1: turned round
    return unit, sign, np.array([roc_auc_score(y_score[:, k], sign[k] * h_score[:, unit[k]]) for k in range(7)])


# %%
networks = [(flat(states["validation"]), flat(states["test"])), *(untrained(k) for k in range(2))]
best, sign, unit_auc = best_units(*networks[0])
blank_auc = np.array([best_units(*network)[2] for network in networks[1:]])             # (2, 7)
table_auc = {name: np.array([roc_auc_score(y_score[:, k], share[:, k]) for k in range(7)])
             for name, share in tables.items()}

# %% [markdown]
# **Before you look:** for which of the seven will the table of eight characters beat the best unit?

# %%
compared = np.stack([table_auc["character"], table_auc["last 8"], blank_auc.mean(axis=0), unit_auc], axis=1)     # (7, 4)
plots.solved(compared, rows=names, columns=["character", "last 8", "untrained unit", "best unit"], threshold=0.9, above=True,
             form="{:.2f}", xlabel="AUC on unseen modules", title="One unit against what is cheaper")
plt.show()

# %%
clear = [SINGLE, DOUBLE, BRACKET]
claim("One unit each for '…', \"…\" and open brackets is above 0.88", unit_auc[clear].min() > 0.88,
      ", ".join(f"{value:.2f}" for value in unit_auc[clear]))
claim("There the table of eight characters is behind by 0.04 or more", (table_auc["last 8"] < unit_auc - 0.04)[clear].all(),
      ", ".join(f"{value:.2f}" for value in table_auc["last 8"][clear]))
claim("No best unit of an untrained network gets above 0.8", blank_auc.max() < 0.8, f"{blank_auc.max():.2f}")
claim("For keywords the table is ahead of the best unit by a tenth or more",
      table_auc["last 8"][KEYWORD] > unit_auc[KEYWORD] + 0.1,
      f"{table_auc['last 8'][KEYWORD]:.2f} against {unit_auc[KEYWORD]:.2f}")
claim("Any string has a worse unit than '…' or \"…\" alone, by 0.05 or more",
      unit_auc[STRING] < unit_auc[clear[:2]].min() - 0.05, f"{unit_auc[STRING]:.2f}")
rest = [TRIPLE, STRING, COMMENT, KEYWORD]
claim("For none of the other four is the best unit above 0.9", unit_auc[rest].max() < 0.9,
      ", ".join(f"{value:.2f}" for value in unit_auc[rest]))

# %% [markdown]
# Three units are real finds: neither untrained network has the like, and eight characters of context, counted in 400,000, do not make up for them. For the other four labels there is no such unit.
#
# Look at the strings. The label that *we* thought of, "in a string", has no good unit; `'…'` and `"…"` have one each. That makes sense from where the network
# stands. It has to know *which* quote will close the string, and our word for all of them is of no use to that. A search for a unit finds what fits
# your question, not what the network has made of the text.
#
# One suspicion is left. Some modules use more single quotes than others. Perhaps the unit tells modules apart, not places? Then it would fail
# *within* a passage.

# %%
def within(label):
    """Mean AUC of the best unit over the passages that have at least ten characters of either kind."""
    h, y = states["test"][:, WARM:, best[label]], truth["test"][:, WARM:, label]
    rows = [i for i in range(60) if 10 <= y[i].sum() <= y.shape[1] - 10]
    return np.mean([roc_auc_score(y[i], sign[label] * h[i]) for i in rows])


inner = [within(label) for label in clear]
loud, single = sign[SINGLE] * states["test"][..., best[SINGLE]], truth["test"][..., SINGLE] == 1     # (60, 1100) each
using = single.sum(axis=1) >= 10                                   # (60,) passages that use '…'
between, without = loud[using][~single[using]].mean(), loud[~using].mean()
claim("Within single passages the three units are above 0.85 as well", min(inner) > 0.85,
      ", ".join(f"{value:.2f}" for value in inner))
claim("Between strings the unit for '…' is higher than where no '…' is used", between > without + 0.05,
      f"{between:.2f} and {without:.2f} on average, inside {loud[single].mean():.2f}")

# %% [markdown]
# The suspicion was not idle, though. The unit for `'…'` is no clean switch: where a passage uses such strings, it is higher *between* them as well. It seems to say "a single quote may come" and then,
# louder, "a single quote must come".
#
# ### Drawn over code
# The same lines as before, now under two units that were chosen, and under the one whose best AUC for any of the seven labels is the lowest. A unit that was chosen
# upside down is drawn turned round, so orange says "inside".

# %%
all_units = auc(networks[0][0][::6], y_choose[::6, :7])            # (256, 7), on validation
dull = np.abs(all_units - 0.5).max(axis=1).argmin()
figure, panel = plt.subplots(3, 1, figsize=(7.0, 5.4))
draw(best[SINGLE], SINGLE, f"Unit {best[SINGLE]}, the best for '…' (underlined)", panel[0], sign[SINGLE])
draw(best[BRACKET], BRACKET, f"Unit {best[BRACKET]}, the best for an open bracket (underlined)", panel[1], sign[BRACKET])
draw(dull, SINGLE, f"Unit {dull}, which tracks none of the seven", panel[2])
plt.show()

# %% [markdown]
# And a piece of code that we wrote to be difficult: quotes in other quotes, quotes and brackets in a comment. Change `SNIPPET` as you like.
#
# **Before you run it:** what will the unit for brackets do in the comment?

# %%
SNIPPET = '''
def invite(host, guests=("Ann", 'Bob'), when="today"):
    """Ask everybody, and don't forget the host."""
    # she said "don't come late" (and meant it)
    for guest in guests:
        print('Dear %s, the feast is' % guest, when)
    if host not in guests:
        raise ValueError("it's a feast without %r" % [host])
    return {'asked': len(guests), 'by': host}
'''
x_own = np.array([number[character] for character in SNIPPET])     # (375,)
h_own, y_own = np.array(reader(x_own[np.newaxis]))[0], labels(x_own, datasets.label_python(SNIPPET))


def draw_own(unit, label, title, ax=None):
    turn = np.sign(all_units[unit, label] - 0.5)
    plots.code(SNIPPET[1:], turn * h_own[1:, unit], truth=y_own[1:, label] == 1, title=title, ax=ax)


# %%
figure, panel = plt.subplots(3, 1, figsize=(7.0, 7.4))
for label, ax in zip(clear, panel, strict=True):
    draw_own(best[label], label, f"Unit {best[label]}: {names[label]} (underlined)", ax)
plt.show()

# %%
own = [roc_auc_score(y_own[:, label], sign[label] * h_own[:, best[label]]) for label in clear]
claim("In our own lines, too, the three units are above 0.8", min(own) > 0.8, ", ".join(f"{value:.2f}" for value in own))
remark = SNIPPET.index("(and"), SNIPPET.index("meant it)") + 8     # where the brackets in the comment open and close
turned = sign[BRACKET] * h_own[:, best[BRACKET]]
usual = turned[(y_own[:, BRACKET] == 0) & (y_own[:, COMMENT] == 0)]
claim("The unit for brackets is on in brackets that are only in a comment",
      turned[slice(*remark)].mean() > np.quantile(usual, 0.95),
      f"{turned[slice(*remark)].mean():.2f}, outside brackets {usual.mean():.2f} on average")

# %% [markdown]
# To `tokenize` a bracket in a comment is no bracket. To this unit it is one, and why not: people close those as well. What the AUC counts as an error need not be an error of the
# network. Your labels are a guess about what it tracks.

# %% [markdown]
# ## Counts
# Indentation is no yes or no, and neither is the column. For counts we take the **rank correlation**: both sides are replaced by their ranks, then correlated (Spearman
# 1904). It is 1 or −1 for a unit that rises or falls with the count throughout, on any curve. Which unit, and whether it rises or falls, is again chosen on
# validation.
#
# **Before you run it:** one of the two counts can be had from eight characters about as well as from the best unit. Which?

# %%
def rank_correlation(h, count):
    """Of each column of h (n, units) with count (n,): (units,)."""
    ranks, others = rankdata(h, axis=0) - (len(h) + 1) / 2, rankdata(count) - (len(h) + 1) / 2
    return ranks.T @ others / np.sqrt((ranks**2).sum(axis=0) * (others**2).sum())


def best_for(count, h_choose, h_score):
    """The best unit on validation, its sign there, and its rank correlation on test."""
    found = rank_correlation(h_choose[::10], y_choose[::10, count])                     # (256,)
    unit = np.abs(found).argmax()
    turn = np.sign(found[unit])
    return unit, turn, turn * rank_correlation(h_score[:, [unit]], y_score[:, count])[0]


# %%
counts = {"indentation": INDENTATION, "column": COLUMN}
follows = {name: [best_for(count, *network) for network in networks] for name, count in counts.items()}
by_table = [[rank_correlation(share[:, [count]], y_score[:, count])[0] for share in tables.values()]
            for count in counts.values()]
by_unit = [[np.mean([size for *_, size in group[1:]]), group[0][2]] for group in follows.values()]
follow = np.hstack([by_table, by_unit])                            # (2, 4)

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 4.6), height_ratios=[1, 1.8])
plots.table(follow, rows=list(counts), columns=["character", "last 8", "untrained unit", "best unit"], form="{:.2f}",
            title="Rank correlation with a count, unseen modules", ax=panel[0])
levels = np.arange(5)
means = {name: [turn * flat(states["test"])[y_score[:, INDENTATION] == level, unit].mean() for level in levels]
         for name, unit, turn in (("the best unit", *follows["indentation"][0][:2]), (f"unit {dull}, as above", dull, 1))}
plots.lines(levels, means, models=["gru", "baseline"], marker="o", xlabel="levels of indentation",
            ylabel="mean, turned to rise", title="One unit follows the indentation", ax=panel[1])
panel[1].set_xticks(levels)
plt.show()
claim("One unit follows the indentation, far ahead of the table and of untrained units",
      follow[0, 3] > max(follow[0, :3]) + 0.15, f"{follow[0, 3]:.2f} against {follow[0, 1]:.2f} and {follow[0, 2]:.2f}")
claim("The column is followed by eight characters as well as by the best unit, within 0.1",
      abs(follow[1, 3] - follow[1, 1]) < 0.1, f"{follow[1, 3]:.2f} and {follow[1, 1]:.2f}")

# %% [markdown]
# ## One unit, or the state?
# Four labels have no good unit. Does the network not know them? The next character is not computed from one unit. It is computed from a weighted sum of all of them. So we
# ask for each label as the network itself would: by a weighted sum. Such a **linear probe** (Alain & Bengio 2017) is 256 weights and a bias, here by least squares on
# the validation part. A probe is trained, so it may find things that no network has learned: what an untrained state happens to remember. Hence the same
# control as before.
#
# **Before you run it:** for which of the seven labels will the probe be above 0.9?

# %%
def probe(h_choose, h_score):
    """What 256 weights and a bias, by least squares on validation, say of every scored character: (60000, 9)."""
    h = np.column_stack([h_choose, np.ones(len(h_choose))]).astype("float64")
    weights = np.linalg.solve(h.T @ h + 1e-5 * len(h) * np.eye(257), h.T @ y_choose)    # (257, 9)
    return h_score @ weights[:-1] + weights[-1]


said = [probe(*network) for network in networks]
probe_auc = np.array([[roc_auc_score(y_score[:, k], by[:, k]) for k in range(7)] for by in said])            # (3, 7)
contrast = np.stack([table_auc["last 8"], unit_auc, probe_auc[1:].mean(axis=0), probe_auc[0]], axis=1)
plots.solved(contrast, rows=names, columns=["last 8", "best unit", "untrained state", "state"], threshold=0.9, above=True,
             form="{:.2f}", xlabel="AUC on unseen modules", title="What has no unit of its own stands in the state")
plt.show()
claim("From the whole state all seven can be read", probe_auc[0].min() > 0.93,
      f"AUC {probe_auc[0].min():.2f} to {probe_auc[0].max():.2f}")
claim("From untrained states none of them as well", (probe_auc[1:] < probe_auc[0] - 0.03).all(),
      f"{probe_auc[1:].max():.2f} at most")

# %% [markdown]
# So the state holds them. What has no unit of its own is **spread** over many. The read-out gives a network no reason to keep each of our words in a unit of its own: turn the whole state
# by a rotation, let the weights that read it turn along, and the scores are the same, from other units. That a few units are clean after all is the remarkable thing. (One reason may be that the gates
# of the next part work unit by unit.) So "the quote neuron" is a fine picture and a poor summary.

# %% [markdown]
# ## Does the network use it?
# A probe shows that something can be *read*. It does not show that the network reads it. For that you must intervene. We go through up to 100 short `'…'` strings of the test part, and from the opening quote on
# hold the best unit for `'…'` at its mean value *outside* such strings. All other units run freely. Then we look where the string really closes: what
# probability does the network give to the closing quote? We do the same with the runner-up for `'…'`, the second best on validation. As a control we hold twenty other
# units, one at a time. At their own means outside they would hardly move, so each is held as far from its mean inside as the best unit is, towards 0.
#
# **Before you run it:** the other 255 units still know about the string. Will they make up for the one?

# %%
gru, read_out = model.get_layer("recurrent_1"), model.get_layer("read_out")
vectors = model.get_layer("embedding").get_weights()[0]            # (98, 32)
edges = np.diff(np.pad(truth["test"][..., SINGLE], ((0, 0), (1, 1))))
(row, start), end = np.nonzero(edges == 1), np.nonzero(edges == -1)[1]                  # end: the first place after a string
fits = np.flatnonzero((start > WARM) & (end < LONG) & (end - start >= 4) & (end - start <= 30))
chosen = rng.permutation(fits)[:100]
row, start, end = row[chosen], start[chosen], end[chosen]
in_single = truth["validation"][..., SINGLE] == 1                  # (60, 1100)
outside, within_it = (states["validation"][where].mean(axis=0) for where in (~in_single, in_single))     # (256,) each


# %%
def hold(units, levels):
    """Probability of the character that really came, with one unit held: (units, strings, steps); NaN after the end."""
    h = np.repeat(states["test"][row, start][np.newaxis], len(units), axis=0)           # (units, strings, 256)
    came = np.full((*h.shape[:2], 30), np.nan)
    for step in range((end - start).max() - 1):
        h[np.arange(len(units)), :, units] = levels[:, np.newaxis]
        following = ids["test"][row, np.minimum(start + step + 1, LONG - 1)]            # (strings,)
        p = np.array(keras.ops.softmax(read_out(h)))[:, np.arange(len(row)), following] # (units, strings)
        came[..., step] = np.where(start + step + 1 < end, p, np.nan)
        x = np.tile(vectors[following], (len(units), 1))                                # (units · strings, 32)
        h = np.array(gru.cell(x, [h.reshape(-1, 256)])[0]).reshape(h.shape)
    return came


# %%
runner_up = np.abs(all_units[:, SINGLE] - 0.5).argsort()[-2]       # second best for '…' on validation
others = rng.choice(np.setdiff1d(np.arange(256), [best[SINGLE], runner_up]), 20, replace=False)
far = abs(within_it - outside)[best[SINGLE]]
moved = within_it[others] - far * np.sign(within_it[others])       # (20,)
own_levels = outside[[best[SINGLE], runner_up]]                    # (2,)
came = hold(np.array([best[SINGLE], runner_up, *others]), np.append(own_levels, moved))  # (22, strings, 30)
closing = came[:, np.arange(len(row)), end - start - 2].mean(axis=1)                    # (22,): of the closing quote
intact = np.array(keras.ops.softmax(read_out(states["test"][row, end - 2])))[:, number["'"]].mean()
held = {"nothing held": intact, "the best unit for '…' held": closing[0], "the runner-up held": closing[1],
        "another moved as far, median of 20": np.median(closing[2:])}
plots.bars(held, models=["gru", "gru", "gru", "faint"], form="{:.2f}", title="Hold one unit, and the quote is forgotten",
           xlabel="probability of the closing quote")
plt.show()

# %%
came[:, np.arange(len(row)), end - start - 2] = np.nan             # what is left: the characters inside
loss_inside = -np.nanmean(np.log(came), axis=(1, 2))               # (22,) nats
claim("Holding the best unit takes away more than half of the closing quote's probability", closing[0] < 0.5 * intact,
      f"{intact:.2f} → {closing[0]:.2f}")
claim("The runner-up takes away more than a quarter as well", closing[1] < 0.75 * intact, f"{closing[1]:.2f}")
claim("Of twenty others, moved as far, at least eighteen take away less than a fifth",
      (closing[2:] > 0.8 * intact).sum() >= 18, f"{(closing[2:] > 0.8 * intact).sum()} of 20, median {np.median(closing[2:]):.2f}")
claim("The characters inside the strings are guessed as well as with another unit held, to a tenth",
      loss_inside[0] < 1.1 * np.median(loss_inside[2:]),
      f"{loss_inside[0]:.2f} and {np.median(loss_inside[2:]):.2f} nats")

# %% [markdown]
# Hold one unit of 256, and the network mostly forgets to close the string, while it guesses what is inside as well as with another unit held. So this unit is not only *about* quotes: the network uses
# it to close its strings. Not it alone. The runner-up matters, too, and some of the probability is left in either case.

# %% [markdown]
# ## Tagging each token
# What a state knows can be the task itself: one answer at *every* step. In `datasets.code_tags` a step is a token of Python code, and each name is tagged by what
# it is there for: called, assigned, a parameter …

# %%
tagging = datasets.code_tags(examples=6000, names=100, longest=20)
(x, y), (x_new, y_new) = tagging.train, tagging.test               # (4200, 20) ids of tokens and of tags, 0 is padding
is_name = y_new > 1                                                # scored: names; 1 is "other", 0 padding
i = next(i for i, tags in enumerate(y_new) if len(set(tags[tags > 1])) >= 3 and (tags > 0).sum() in (7, 8))
shown = [(tagging.vocabulary.tokens[token], tagging.tags[tag]) for token, tag in zip(x_new[i], y_new[i], strict=True) if tag]
plots.unrolled(len(shown), inputs=[token for token, _ in shown], outputs=[tag for _, tag in shown],
               title="A tag for every token")
plt.show()
print(x.shape, x_new.shape, is_name.sum(), "names to tag")

# %% [markdown]
# A rare name reads `<name>`, so the network cannot know it by heart. Read from left to right and stop at a name: is it called? That depends on whether "(" comes *next*. A GRU that gives its
# answer at once has to guess. A **bidirectional** network (Schuster & Paliwal 1997) has two GRUs. One reads from the left, the other from the right, and
# the answer is read from both:
#
# $$o_t = [\overrightarrow{h}_t, \overleftarrow{h}_t]\, W_y + b_y .$$
#
# Ours have 32 units in one direction, or 16 in each. The baselines are tables: the most frequent tag for the token and its neighbours.
#
# **Before you run it:** `tagging.baselines` knows a table of "before and after". How will the GRU that has read the whole line so far do against a table that sees
# one token ahead?

# %%
leave_out = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)    # padding does not count


TAGS = len(tagging.tags)                                           # 10 with padding and "other"


def train(x, y, outputs=TAGS, updates=200, **options):
    sizes = {"vocab_size": len(tagging.vocabulary), "outputs": outputs, "embedding_dim": 16, "units": 32}
    net = models.many_to_many(**(sizes | options), cell="gru")
    measure.train_replicas([net], x, y, seeds=[0], loss=leave_out, optimizer=keras.optimizers.Adam(0.01),
                           updates=updates, batch_size=64, jit_compile=False, label="networks for tokens")
    return net


def right(net, x=x_new, wait=0):
    """For each token whether its tag is right, given `wait` steps later: (n, 20)."""
    return np.array(net(x)).argmax(axis=-1)[:, wait:] == y_new


hits = {"GRU": right(train(x, y)), "Bi-GRU": right(train(x, y, units=16, bidirectional=True))}

# %%
tagged = {f"table: {name}": tagging.baselines[name] for name in ("most frequent", "before", "after", "before and after")}
tagged |= {name: hit[is_name].mean() for name, hit in hits.items()}
plots.bars(tagged, models=["bag"] * 4 + ["gru", "gru"], form="{:.3f}", xlabel="accuracy over names in new lines",
           title="What comes after a name decides")
claim("The GRU is behind a table that sees the next token", tagged["GRU"] < tagged["table: before and after"] - 0.02,
      f"{tagged['GRU']:.3f} against {tagged['table: before and after']:.3f}")
claim("The bidirectional GRU makes less than a third of the table's errors",
      1 - tagged["Bi-GRU"] < (1 - tagged["table: before and after"]) / 3, f"{tagged['Bi-GRU']:.3f}")

# %% [markdown]
# Which names are they? **Before you look:** a parameter follows `def f(` or `lambda`, an import the word `import`. Which tags should a reader from the left have no trouble with?

# %%
common = [k for k in range(2, len(tagging.tags)) if (y_new == k).sum() >= 60]
by_tag = np.array([[hit[y_new == k].mean() for hit in hits.values()] for k in common])                # (tags, 2)
plots.solved(by_tag, rows=[tagging.tags[k] for k in common], columns=list(hits), threshold=0.95, above=True, form="{:.2f}",
             xlabel="accuracy in new lines", title="Tags with 60 names or more in the test")
plt.show()
of = {tagging.tags[k]: row for k, row in zip(common, by_tag, strict=True)}
claim("Read from the left, parameters and definitions are found", min(of["parameter"][0], of["defined"][0]) > 0.9,
      f"{of['parameter'][0]:.2f} and {of['defined'][0]:.2f}")
claim("Called names are not, and both ways they are", of["called"][0] < 0.8 < 0.95 < of["called"][1],
      f"{of['called'][0]:.2f} and {of['called'][1]:.2f}")

# %% [markdown]
# ### How far ahead?
# Reading both ways has a price: nothing can be said before the line is at its end. If the tags are wanted while somebody types, there is something in between. The GRU may **wait**: read on for a
# few tokens, then answer. For a wait of $k$ we only shift the targets $k$ steps to the right.
#
# **Before you run it:** how long must it wait to come near the bidirectional one? And does a longer wait do any harm?

# %%
def later(wait):
    return np.pad(x, ((0, 0), (0, wait))), np.pad(y, ((0, 0), (wait, 0)))               # (4200, 20 + wait) each


for wait in (1, 6):
    net = train(*later(wait), mask_zero=False)                     # padded steps count: it answers there
    hits[f"wait {wait}"] = right(net, np.pad(x_new, ((0, 0), (0, wait))), wait)
waited = {name: hits[name][is_name].mean() for name in ("GRU", "wait 1", "wait 6", "Bi-GRU")}
when = ["GRU, at once", "GRU, one token later", "GRU, six tokens later", "Bi-GRU, at the end of the line"]
plots.bars(dict(zip(when, waited.values(), strict=True)), models=["gru"] * 4, form="{:.3f}",
           xlabel="accuracy over names in new lines", title="One token ahead is nearly all it takes")
plt.show()
claim("One token of patience closes most of the gap", waited["wait 1"] > waited["Bi-GRU"] - 0.03,
      f"{waited['GRU']:.3f} → {waited['wait 1']:.3f}, both ways {waited['Bi-GRU']:.3f}")
claim("Six tokens are worse than one", waited["wait 6"] < waited["wait 1"] - 0.04, f"{waited['wait 6']:.3f}")

# %% [markdown]
# With a wait of six the network has to carry every token's tag through six more steps and hand the tags out in order. After as many updates it is worse. So a long wait is not free, and that *one* token is
# enough is a fact about this task.

# %% [markdown]
# ## Who may look ahead
# A tagger gets a line and describes it. Nothing of what it looks at is the answer. A language model is asked for $x_{t+1}$, and a backward reader at step $t$ has
# *already read* $x_{t+1}$. The answer stands in its input.
#
# **Before you run it:** we train a GRU and a bidirectional GRU on the same lines to give the next token. What will the two losses be? And what happens when a line really stops, so that the next token is not
# there yet?

# %%
def next_token(x):
    return np.pad(x[:, 1:], ((0, 0), (0, 1)))                      # (n, 20): what follows, 0 after the last


vocabulary = len(tagging.vocabulary)
writers = {name: train(x, next_token(x), vocabulary, bidirectional=name == "Bi-GRU")
           for name in ("GRU", "Bi-GRU")}
lines = np.arange(len(x_new))
stop = rng.integers(1, (x_new > 0).sum(axis=1))                    # (n,): each line is cut after 1 … T − 1 tokens
begun = np.where(np.arange(20) < stop[:, np.newaxis], x_new, 0)    # (n, 20): the beginnings
came_next = lines, stop - 1, x_new[lines, stop]
losses = {name: [-np.array(keras.ops.log_softmax(net(given)))[came_next].mean() for given in (x_new, begun)]
          for name, net in writers.items()}
often = np.bincount(next_token(x).ravel(), minlength=vocabulary)[1:] + 1                # how often each token follows
by_count = -np.log(often / often.sum())[x_new[lines, stop] - 1].mean()

# %%
scores = {"GRU, in the whole line": losses["GRU"][0], "GRU, where the line stops": losses["GRU"][1],
          "Bi-GRU, in the whole line": losses["Bi-GRU"][0], "Bi-GRU, where the line stops": losses["Bi-GRU"][1]}
plots.bars(scores, models=["gru"] * 4, reference=("by frequency alone", by_count), form="{:.2f}",
           xlabel="nats a token", title="It copies the answer, and is lost without it")
plt.show()
claim("The bidirectional model has less than a fifth of the GRU's loss", losses["Bi-GRU"][0] < losses["GRU"][0] / 5,
      f"{losses['Bi-GRU'][0]:.2f} against {losses['GRU'][0]:.2f} nats")
claim("Where the line stops it is worse than the GRU by a nat or more", losses["Bi-GRU"][1] > losses["GRU"][1] + 1,
      f"{losses['Bi-GRU'][1]:.2f} against {losses['GRU'][1]:.2f} nats")
claim("It is then worse than counting how often each token occurs", losses["Bi-GRU"][1] > by_count, f"{by_count:.2f} nats")
claim("The GRU does not notice the cut", abs(losses["GRU"][1] - losses["GRU"][0]) < 1e-3,
      f"{losses['GRU'][1]:.2f} nats both times")

# %% [markdown]
# The bidirectional model is not a better model of code. It has learned to copy from the right, and as soon as there is nothing to copy it has little to say. Lesson 03 has the test that finds it: nudge the future, and no earlier answer may move. There is an honest way to train on both sides: **hide** some tokens and ask for
# those, as BERT does (Devlin et al. 2019). Such a model fills gaps. It does not write from left to right.

# %% [markdown]
# ## Try it
# Each line stands on its own: copy it into a new cell below, change it, run it.
#
# 1. Is twelve better than eight? `by = table([1, 2, 4, 8, 12]); [roc_auc_score(y_score[:, k], by[:, k]) for k in clear]`. And with `size=2_000_000`?
# 2. Hold the unit for `"…"` instead: say `DOUBLE` for `SINGLE` and `number['"']` for `number["'"]` in the cells that hold units.
# 3. Move the slider through all 256 units. How many would you have given a name?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def show(unit):
    apart = np.abs(all_units[unit] - 0.5)                          # (7,)
    draw_own(unit, apart.argmax(), f"Unit {unit}: best at {names[apart.argmax()]}, AUC {0.5 + apart.max():.2f}")
    plt.show()


_ = ipywidgets.interact(show, unit=ipywidgets.IntSlider(int(best[COMMENT]), min=0, max=255, continuous_update=False))

# %%
strongest = 0.5 + np.sort(np.abs(all_units - 0.5).max(axis=1))[::-1]                    # (256,)
plots.lines(np.arange(1, 257), {"best of seven labels": strongest}, models=["gru"], xlabel="units, in order",
            ylabel="AUC on validation", title="How clear the 256 units are")
claim("At most one unit in twenty is above 0.9 for any of the seven", (strongest > 0.9).mean() <= 0.05,
      f"{(strongest > 0.9).sum()} of 256")
claim("The median unit is below 0.75 for all seven", np.median(strongest) < 0.75, f"{np.median(strongest):.2f}")

# %% [markdown]
# ## Check yourself
#
# **1. A unit has an AUC of 0.08 for comments. What do you make of it?**
# <details><summary>It knows nothing about comments.</summary>
#
# That would be 0.5.
# </details>
# <details><summary>It is nearly always lower inside a comment than outside.</summary>
#
# Yes. Turned round, it has 0.92.
# </details>
# <details><summary>Only 8 % of the characters are in comments.</summary>
#
# The AUC does not depend on how many there are. It compares one from inside with one from outside.
# </details>
#
# **2. You try all 256 units on a text and report the best one's AUC on that text. What is missing?**
# <details><summary>Nothing: the AUC needs no training.</summary>
#
# Choosing is training. The best of 256 is best partly by luck, and the luck is in your number.
# </details>
# <details><summary>A score on another text, and what untrained units reach.</summary>
#
# Yes, and a baseline that sees the last few characters.
# </details>
# <details><summary>The mean over all 256 units.</summary>
#
# It would answer another question. That most units do something else does not make the best one worse.
# </details>
#
# **3. No unit tells keywords well, a linear probe does. Which is right?**
# <details><summary>The network does not know keywords.</summary>
#
# They can be read from its state by a weighted sum. That is how the network itself reads it.
# </details>
# <details><summary>The probe has learned keywords by itself; the network has no part in it.</summary>
#
# A good suspicion. The untrained states answer it: there the same probe is worse.
# </details>
# <details><summary>What it knows about keywords is spread over many units.</summary>
#
# Yes. That is the usual case. A unit with a meaning of its own is the exception.
# </details>
#
# **4. A probe finds the speaker's age in the state of a speech recogniser. Does the recogniser use it?**
# <details><summary>Yes, or it would not be there.</summary>
#
# It may be left over from the sound. Even untrained states hold some of what they have read.
# </details>
# <details><summary>The probe cannot tell. Change it in the state, and see whether the answers change.</summary>
#
# Yes. That is what holding a unit was for, with other units, moved as far, as a control.
# </details>
# <details><summary>No, age is of no use for words.</summary>
#
# Perhaps it is: voices change with age. Neither the probe nor a guess decides it.
# </details>
#
# **5. A colleague's bidirectional language model has a perplexity of 1.2. What do you say?**
# <details><summary>Read both ways, text is easier to predict.</summary>
#
# Gaps are easier to *fill*. Here nothing was hidden: the next token was in the input.
# </details>
# <details><summary>It should be regularised.</summary>
#
# It does not overfit. New lines give the same low loss, since there, too, the answer can be copied.
# </details>
# <details><summary>It has seen the answer. Cut the text and ask for what follows.</summary>
#
# Yes. Where the text stops, there is nothing left to copy.
# </details>

# %% [markdown]
# ## Take-aways
# - The AUC says how well a unit tells inside from outside, whatever their shares. *(claim: "By pairs, by ranks and by scikit-learn …")*
# - A language model of code has single units for things that help to guess what comes. *(claims: "One unit each for …", "One unit follows the indentation …")*
# - Compare: with tables of the last characters, with untrained units, within a passage. Some of them win. *(claims: "No best unit of an untrained network …", "For
#   keywords the table is ahead …", "Within single passages …", "The column is followed by eight characters …")*
# - Your labels are a guess about what the network tracks. *(claims: "Any string has a worse unit …", "The unit for brackets is on …")*
# - Most of what a state knows is spread over it. *(claims: "From the whole state all seven can be read", "From untrained states none of them as well", "At most one unit in
#   twenty …")*
# - A probe shows what can be read. Holding a unit shows what is used. *(claims: "Holding the best unit …", "The runner-up …", "Of twenty others, moved as far …")*
# - A tagger may look ahead; both ways is one way to do so, waiting another. *(claims: "The bidirectional GRU makes …", "One token of patience …")*
# - A bidirectional language model copies its answer. *(claims: "The bidirectional model has less than a fifth …", "Where the line stops …")*
#
# **Exercises.** [Exercises 10](exercises/10_what_cells_track.ipynb): the AUC of every unit, the best unit (honestly), and labels: in a string, and how deep. The notebook says
# how many minutes each takes.
#
# ## Read on
# - A. Karpathy, J. Johnson and L. Fei-Fei, *Visualizing and understanding recurrent networks* (2015): the cells that started this search, and what kinds of errors LSTMs make less
#   often than tables.
# - G. Alain and Y. Bengio, *Understanding intermediate layers using linear classifier probes* (2017): probes, layer by layer.
# - J. Hewitt and P. Liang, *Designing and interpreting probes with control tasks*, EMNLP (2019): when a probe says more about itself than about the network.
# - A. Radford, R. Jozefowicz and I. Sutskever, *Learning to generate reviews and discovering sentiment* (2017): one unit that tracks sentiment, and what happens when it is held.
# - M. Schuster and K. K. Paliwal, *Bidirectional recurrent neural networks*, IEEE Transactions on Signal Processing 45 (1997): both ways, and when that is allowed.
