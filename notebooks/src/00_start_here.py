# %% [markdown]
# # 00 · Start here
#
# **What can a network learn about Python by guessing one character after the other, on this machine, while you watch?**
#
# **You will be able to**
# - check that your machine can run the course;
# - train a small recurrent network and say whether it has learned anything, and compared with what;
# - read a lesson of this course: predictions, claims, exercises;
# - choose a route: a day, a week or a term.
#
# **You need** Python, NumPy and a first `fit` in Keras. You need no GPU, no download, and no knowledge of recurrent
# networks.
#
# *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %% [markdown]
# ## Is everything here?
# Click the cell below and press **Shift + Enter**. It imports the course, then Keras, and checks that they go together.
# When something is missing, open a terminal and run `rnncourse doctor`: it says what, and how to get it.

# %%
from rnncourse import datasets, plots, progress
from rnncourse.measure import baselines, claim
import keras
import matplotlib.pyplot as plt
import numpy as np
import os
import platform
import tensorflow as tf

plots.use_style()
seed = rnncourse.seed()
claim(
    "This machine can run the course",
    keras.backend.backend() == "tensorflow" and int(keras.__version__.split(".")[0]) == 3,
    f"Python {platform.python_version()}, TensorFlow {tf.__version__}, Keras {keras.__version__}, {os.cpu_count()} cores",
)

# %% [markdown]
# The line that begins with ✔ is a **claim**: a sentence with the number that shows it. If a claim is not true on your
# machine, its cell stops with a `ClaimError`. Wherever this course states a result of its own, such a line stands above
# it. You do not have to take our word for it.

# %% [markdown]
# ## A first win: a network that writes Python
# The text is Python's own standard library, which is on your disk already. The network sees one character after the
# other and must guess the next.
#
# **Before you run it:** after `retur`, how sure are you of the next character? And after a space?

# %%
text = datasets.python_source(characters=900_000)
print(text)
ids, next_ids = text.train                                        # (720000,) and (720000,)
plots.characters(text.decode(ids[2000:2034]), ids=ids[2000:2034],
                 title="What we read above, what the network reads below")
agree = next_ids[:-1] == ids[1:]
claim("The target is the input, one character later", agree.all(), f"{agree.sum():,} of {agree.size:,} agree")

# %% [markdown]
# A good reader is sure where the text allows it, and only there. We score that with the **cross-entropy**: the mean of
# −ln(probability given to the character that really came). Its unit is the *nat*: a probability of 0.98 costs 0.02 nats, one of
# 0.5 costs 0.69. Lower is better, and whoever has no idea and spreads the probability over all $V$ characters scores $\ln V$.

# %% [markdown]
# ### What has to be beaten
# A number on its own says nothing. So before any network, we ask what a plain table of counts can do: an **n-gram** looks
# up how often each character followed the last $n-1$ characters (mixed with shorter contexts, Witten & Bell 1991). A
# **bigram** has a context of one character, a **trigram** of two.

# %%
train, unseen = text.train[0], text.validation[0]
vocab_size = len(text.vocabulary)
counts = {f"context of {n - 1}": baselines.ngram(train, unseen, vocab_size=vocab_size, order=n) for n in range(1, 7)}
plots.bars(counts, models=["baseline"] * 6, reference=(f"ln {vocab_size}, no idea", np.log(vocab_size)), form="{:.2f}",
           title="More context helps a table of counts, up to a point",
           xlabel="nats per character on unseen modules; context in characters")
nats = list(counts.values())
claim("Up to four characters, each further character of context helps", np.all(np.diff(nats[:5]) < 0),
      " > ".join(f"{value:.2f}" for value in nats[:5]))
claim("A fifth does not", nats[5] > nats[4], f"{nats[5]:.2f} after {nats[4]:.2f}")

# %% [markdown]
# A table has to have *seen* a context to say something about it, and long contexts are rarely seen twice. A recurrent network does
# not store contexts. It carries a **state**, a vector that it updates with every character it reads.

# %% [markdown]
# ### The network
# Three layers. `Embedding` turns an id into a vector. `GRU` is the recurrent layer: it reads the vectors in order and
# updates its state at every step (lesson 02 opens a plain recurrent layer, lesson 13 the GRU). `Dense` turns each state into one score for each character
# that might come next.
#
# **Before you run it:** the network has not learned anything yet. What will its cross-entropy be?

# %%
def cut(ids_and_next, steps=64):
    return [a[: len(a) // steps * steps].reshape(-1, steps) for a in ids_and_next]  # 2 × (sequences, 64)


model = keras.Sequential(
    [
        keras.layers.Embedding(vocab_size, 32),           # (batch, 64) → (batch, 64, 32)
        keras.layers.GRU(128, return_sequences=True),     # → (batch, 64, 128): one state a step
        keras.layers.Dense(vocab_size),                   # → (batch, 64, 98): scores for the next character
    ]
)
x, y = cut(text.train)
epochs, batch_size = 3, 64
step_size = keras.optimizers.schedules.CosineDecay(0.01, epochs * len(x) // batch_size)    # smaller towards the end
model.compile(keras.optimizers.Adam(step_size), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
x_unseen, y_unseen = cut(text.validation)
untrained = model.evaluate(x_unseen, y_unseen, batch_size=64, verbose=0)
claim("An untrained network has no idea", abs(untrained - np.log(vocab_size)) < 0.1,
      f"{untrained:.2f} nats, ln {vocab_size} = {np.log(vocab_size):.2f}")

# %% [markdown]
# ### Train it
# Three passes over the training text, about twenty seconds. **Before you run it:** will 128 numbers of state beat the
# table that looks back two characters?

# %%
history = model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0, validation_data=(x_unseen, y_unseen),
                    callbacks=[progress(label="training")])
learned = history.history["val_loss"][-1]
plots.bars({**counts, "GRU": learned}, models=["baseline"] * 6 + ["gru"], form="{:.2f}",
           title="Clearly better than a context of 2, not than the best table",
           xlabel="nats per character on unseen modules")
claim("After three passes the GRU beats the trigram (context 2) by 0.1 nats on modules it has never seen",
      learned < nats[2] - 0.1, f"GRU {learned:.2f}, trigram {nats[2]:.2f}")
claim("It is not 0.1 nats better than the best of the tables", learned > min(nats) - 0.1,
      f"GRU {learned:.2f}, best table {min(nats):.2f}")

# %% [markdown]
# Both learned from the same text and are scored on the same unseen modules. (The network starts each piece of 64 characters with an
# empty state; the table does not.) Tables are cheap and strong, and twenty seconds are little for a
# network. Lesson 09 trains longer and shows where the curves cross.
#
# Now the question from the beginning. **Before you run it:** what does the network give after `retur`, and what after
# `return `?

# %%
@tf.function(input_signature=[tf.TensorSpec((1, None), tf.int32)])
def next_scores(ids):
    return model(ids)[0, -1]                                      # (1, steps) → (98,)


figure, panel = plt.subplots(1, 2, figsize=(7.0, 2.9))
surest = {}
for ax, read in zip(panel, ("        retur", "        return "), strict=True):
    p = keras.ops.softmax(next_scores(text.encode(read)[np.newaxis])).numpy()       # (98,), adds up to 1
    best = np.argsort(p)[::-1][:5]
    surest[read.strip()] = p[best[0]]
    plots.bars({repr(text.vocabulary[i]): p[i] for i in best}, models=["gru"] * 5, form="{:.2f}", ax=ax,
               title=f"after {read.lstrip()!r}", xlabel="probability")
claim("After `retur` the network is surer than after `return `", surest["retur"] > surest["return"] + 0.2,
      f"{surest['retur']:.2f} against {surest['return']:.2f} for the likeliest character")

# %% [markdown]
# ### Let it write
# To write, we let the network score the next character, draw one at random according to the probabilities, append it,
# and repeat. `temperature` divides the scores first: below 1 the network plays safe, above 1 it takes risks. We show it the
# last 64 characters each time, because it was trained on pieces of 64.

# %%
def write(prompt, length, temperature=0.7):
    ids = list(text.encode(prompt))
    for _ in progress(range(length), "writing"):
        scores = next_scores(np.array([ids[-64:]], dtype="int32")).numpy().astype(float) / temperature
        odds = np.exp(scores - scores.max())                      # softmax, before it is divided by its sum
        ids.append(rng.choice(vocab_size, p=odds / odds.sum()))
    return text.decode(ids[-length:])


rng = np.random.default_rng(seed)
prompt = 'class Reader:\n    """Read records from a file."""\n\n    def __init__(self, '
plots.continuation(prompt, write(prompt, 400), title="Written one character at a time, the prompt in black")
plt.show()

# %% [markdown]
# Nobody told it about words, dots or line breaks. Look for what it has found: names that could exist, `self.`, indented lines.
# Look also for what it has not: it loses count of the indentation, closes few brackets, and the code does nothing. What
# you see differs from run to run, so no claim is made of it. By the end of the course you will know which part of the network holds
# which of these habits, what it forgets and why, and you will have written every part of it yourself.

# %% [markdown]
# ## How a lesson works
# - **Predict first.** Where the text asks a question, cover the output and answer before you run the cell. A wrong guess
#   that is put right is remembered better than a result that was only read (Kornell, Hays & Bjork 2009).
# - **Claims (✔).** Every result is measured by the cell above it. All of them are listed in `CLAIMS.md`. When you change a
#   cell, its claim may fail and say ✘: that is your answer, not a fault.
# - **Seeds.** `rnncourse.seed()` makes a run repeatable. Start Jupyter with `RNNCOURSE_SEED=7` to see the lesson with
#   other random numbers: the figures change, the claims must hold.
# - **Try it** suggests changes of one line. **Check yourself** has questions; click an answer to see what it means.
# - **Exercises** come with each lesson from 01 on. They tell you *which* mistake you made, not only that there is one.
# - **Your copies.** `make lab` opens copies in `work/`. Write in them, break them, keep notes: an update of the course
#   never touches them.

# %% [markdown]
# ## The map

# %%
parts = {
    "1 Sequences and recurrence": ["01 Sequential data", "02 The recurrent cell", "03 Unrolling through time",
                                   "04 Backprop. through time"],
    "2 Gradient problems": ["05 Vanishing gradients", "06 Exploding gradients"],
    "3 The four types": ["07 One-to-one, one-to-many", "08 Many-to-one", "09 Language models", "10 What cells track",
                         "11 Encoder, decoder"],
    "4 Gated memory": ["12 LSTM", "13 GRU", "14 Deeper, wider, both ways", "15 Regularised and tuned", "16 Seven mistakes"],
    "5 Attention and after": ["17 Attention, Transformer", "18 Which to choose", "19 New recurrences"],
}
plots.course_map(parts, title="Five parts, nineteen lessons")
plt.show()

# %% [markdown]
# Down a column, lessons build on those above; the one-day route skips what it can do without. Part 3 uses LSTM and GRU as closed boxes that take and give the same
# shapes as a plain recurrent layer; part 4 opens them.
#
# ### Three routes
#
# | you have | read | you will have |
# | --- | --- | --- |
# | **one day** | 00, 01, 02, 05, 12, 18 | seen what recurrence is, why it fails, what gates mend, and when to use something else |
# | **one week** | 00–06, 08, 09, 12, 13, 16, 18 | written an RNN and its gradient, trained text models, diagnosed broken ones |
# | **one term** | every lesson with its exercises, two a week | done all of it, and compared the old recurrences with Transformers and the new ones |

# %% [markdown]
# ## Try it
# 1. Change `prompt` in the cell of *Let it write* to `"import "` or to a comment in your own words, and run that cell again.
# 2. Halve the state (`GRU(64)`), run from *The network* on, and see what the cross-entropy says.
# 3. Train on a text of your own: in the first cell of *A first win*, write `text = datasets.text_from_file("my_notes.txt")`, then run
#    the cells below one by one. Some claims may say ✘ on your text (a short one favours the table): go on with the next
#    cell. That is a result too.
#    For three minutes and a larger network there is a command: `rnncourse write my_notes.txt` in a terminal.
# 4. Compare the two temperatures below, then move the slider. Where does it repeat itself, where does it invent words?

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.6, 5.6))
for ax, temperature in zip(panel, (0.6, 1.3), strict=True):
    plots.continuation(prompt, write(prompt, 200, temperature), title=f"Temperature {temperature}", ax=ax)
plt.show()

# %% tags=["nbval-ignore-output"]
import ipywidgets


def redraw(temperature):
    plots.continuation(prompt, write(prompt, 200, temperature), title=f"Temperature {temperature:.1f}")
    plt.show()


_ = ipywidgets.interact_manual(redraw, temperature=ipywidgets.FloatSlider(0.7, min=0.1, max=1.5, step=0.1))

# %% [markdown]
# ## Check yourself
#
# **1. The GRU's cross-entropy on unseen modules is far below ln 98. What does this alone tell you?**
# <details><summary>It has learned to program.</summary>
#
# No. It predicts characters well. Whether the text means anything was not measured.
# </details>
# <details><summary>It has learned more than a table of counts.</summary>
#
# Not from this alone: every table is below ln 98 too. Compared with them, it clearly beats some, but not the best.
# </details>
# <details><summary>It does better than someone who has no idea.</summary>
#
# Yes, and no more than that. ln 98 is the score of equal probabilities for all 98 characters.
# </details>
#
# **2. Why do we measure on modules that the network has not seen?**
# <details><summary>Because the training text is too long to evaluate.</summary>
#
# Length is no obstacle. The trouble is that a table, or a network, can store what it has seen.
# </details>
# <details><summary>Because a low loss on the training text may be memory.</summary>
#
# Yes. A table of counts with a long context knows its training text nearly by heart, and that says little about a new module.
# </details>
# <details><summary>Because the loss is always lower there.</summary>
#
# Usually it is a little higher, and it is the one that counts for new text.
# </details>
#
# **3. The bigram table looks at one character. How far back can the state of the GRU reach?**
# <details><summary>128 characters, one for each unit.</summary>
#
# Units are not slots. Each number of the state can depend on everything read so far.
# </details>
# <details><summary>To the first character it has read, in principle.</summary>
#
# Yes: nothing limits the layer itself. In this notebook each piece of 64 characters starts with an empty state, so it never reaches
# further here. How much survives even 64 steps is what lessons 05 and 12 measure.
# </details>
# <details><summary>One character, like the bigram: it is updated with one character at a time.</summary>
#
# One character is *added* at each step, but the state it is added to has seen the ones before.
# </details>

# %% [markdown]
# ## Take-aways
# - A recurrent network reads a sequence step by step and carries what it has read in a **state**.
# - A result means something only beside what could have done as well. *(claims: "After three passes …", "It is not 0.1 nats better
#   …")*
# - It is sure where the text allows it. *(claim: "After `retur` …")*
# - Before training, a network knows nothing, and the loss says so: ln V. *(claim: "An untrained network has no idea")*
# - What this course states, it measures. *(every ✔)*
#
# **Exercises.** They begin with [lesson 01 · Sequential data](01_sequential_data.ipynb). Go there next.
#
# ## Read on
# - J. L. Elman, *Finding structure in time*, Cognitive Science 14 (1990): a small recurrent network discovers words in
#   a stream of letters.
# - A. Karpathy, *The unreasonable effectiveness of recurrent neural networks* (blog, 2015): larger networks, LSTMs, and what they wrote.
# - I. H. Witten and T. C. Bell, *The zero-frequency problem: estimating the probabilities of novel events in adaptive text
#   compression*, IEEE Transactions on Information Theory 37 (1991): how much a table should trust what it has not seen; S. F. Chen and
#   J. Goodman, *An empirical study of smoothing techniques for language modeling* (1998), the interpolated form used here.
# - N. Kornell, M. J. Hays and R. A. Bjork, *Unsuccessful retrieval attempts enhance subsequent learning*, Journal of Experimental
#   Psychology: Learning, Memory, and Cognition 35 (2009): why a wrong guess first is worth it.
