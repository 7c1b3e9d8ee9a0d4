# %% [markdown]
# # 17 · Attention and the Transformer
#
# **How does a network that has no state read a sequence?**
#
# **You will be able to**
# - turn lesson 11's attention between two sequences into attention of one sequence to itself, in several heads, with masks, equal to Keras' layer;
# - say why scores are divided by $\sqrt K$, and measure what happens without it;
# - tell what such a network knows about order, and give it positions of three kinds;
# - build a Transformer block, and write with it without computing anything twice;
# - weigh what it gains over a recurrent network, short paths, against what it pays, the square of the length.
#
# **You need** [lesson 11](11_encoder_decoder.ipynb) (attention), [lesson 14](14_deeper_wider_both_ways.ipynb) (residual connections) and
# [lesson 15](15_regularised_and_tuned.ipynb) (layer norm).
# *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, measure, models, plots
from rnncourse.measure import claim
import keras
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 17])

# %% [markdown]
# ## The same sequence twice
# The Transformer is what today's large language models are made of. It has no state that is handed from step to step; all it has is attention.
#
# In lesson 11 a decoder's states looked at an encoder's states. The layer takes two sequences, and nobody said that they must be different ones. We give it the letters of
# one word, as vectors, twice. Its score is a plain product: high for equal vectors, 0 for different ones.
#
# **Before you run it:** where will the second *a* of *banana* look?

# %%
word, letters = "banana", "abn"
x_word = 3 * np.eye(3, dtype="float32")[[letters.index(letter) for letter in word]][np.newaxis]    # (1, 6, 3)
_, looks = models.LuongAttention("dot")(x_word, x_word, return_scores=True)                        # (1, 6, 6)
looks = np.array(looks)[0]
plt.subplots(figsize=(4.4, 3.7))
plots.heat(looks, rows=list(word), columns=list(word), ax=plt.gca(), xlabel="looked at", ylabel="looks",
           title="Every letter looks at its like")
equal = np.array(list(word))[:, None] == np.array(list(word))
claim("Each letter gives nearly all its weight to equal letters, wherever they stand", (looks * equal).sum(axis=1).min() > 0.99,
      f"{(looks * equal).sum(axis=1).min():.4f} or more")

# %% [markdown]
# (Yellow is 1, dark blue is 0.) The second *a* looks at all three *a*, itself included, and equally at each: equal vectors have equal scores. That is **self-attention**. Every step looks at every step, all at once. Nothing is carried from step to step, and no step waits for another.
#
# But to find only its like is of little use. What a step *looks for*, what it is *found by* and what it *tells* when it is found should be three things. So each step gets
# three vectors, by three learned matrices (Vaswani et al. 2017):
#
# $$q_i = x_i W_q \;\text{(query)}, \qquad k_j = x_j W_k \;\text{(key)}, \qquad v_j = x_j W_v \;\text{(value)},$$
# $$e_{ij} = q_i \cdot k_j, \qquad a_{ij} = \frac{\exp e_{ij}}{\sum_m \exp e_{im}}, \qquad y_i = \sum_j a_{ij}\, v_j .$$
#
# (The score $e_{ij}$ says how much step $i$ wants of step $j$; $a_{ij}$ is the weight; $y_i$ is the output.) How far is that from lesson 11? Luong's score was
# $s_t W \cdot h_j$, with one matrix in between. **Before you run it:** which $W$ gives the scores of $W_q$ and $W_k$?

# %%
def softmax(e):
    e = np.exp(e - e.max(axis=-1, keepdims=True))                  # exp(−∞) = 0
    return e / e.sum(axis=-1, keepdims=True)


x = rng.normal(size=(4, 9, 16)).astype("float32")                  # (B, T, D)
W_query, W_key, W_value = (rng.normal(size=(16, 8)).astype("float32") / 4 for _ in range(3))       # (D, K)
luong = models.LuongAttention("general")
luong.build(x.shape, x.shape)
luong.set_weights([W_query @ W_key.T])                             # (D, D), of rank 8
mean_of_x, of_luong = luong(x, x, return_scores=True)              # (B, T, D), (B, T, T)
a = softmax((x @ W_query) @ (x @ W_key).swapaxes(1, 2))            # (B, T, T)
apart = np.abs(a - of_luong).max()
claim("Queries and keys give the weights of Luong's attention with W_q times the transpose of W_k", apart < 1e-5,
      f"largest difference {apart:.0e}")
apart = np.abs(a @ (x @ W_value) - mean_of_x @ W_value).max()
claim("The mean of the values is the mean of the steps, times W_v", apart < 1e-4, f"largest difference {apart:.0e}")

# %% [markdown]
# It is $W = W_q W_k^\top$: $(x_i W_q) \cdot (x_j W_k) = x_i W_q W_k^\top \cdot x_j$. So the formula is lesson 11's. New is what it is used for: lesson 11 had two recurrent networks and attention between them. Here there will be no recurrent network at all.
#
# ## Divided by √K
# A query and a key are $K$ numbers each. If these are random, of mean 0 and variance 1, then $q \cdot k$ is a sum of $K$ products, each of variance 1: its variance is $K$.
# With $K = 1024$ scores lie about $\sqrt{1024} = 32$ apart. **Before you run it:** what does a softmax make of scores that lie 32 apart? And how much does it still react, if one score
# is changed a little? That is $\partial a_j / \partial e_m = a_j\,([j = m] - a_m)$, where $[j = m]$ is 1 if $j = m$, else 0. We take the norm of the table of all of them.

# %%
sizes = 4 ** np.arange(6)                                          # K = 1, 4 … 1024
seen = {name: {"spread": [], "largest": [], "slope": []} for name in ("q · k", "q · k / √K")}
for K in sizes:
    q, k = rng.normal(size=(400, 1, K)), rng.normal(size=(400, 16, K))             # 400 queries, each with 16 keys
    for name, scale in zip(seen, (1, np.sqrt(K)), strict=True):
        scores = (q * k).sum(axis=-1) / scale                                      # (400, 16)
        weights = softmax(scores)
        slopes = weights[:, :, None] * (np.eye(16) - weights[:, None])             # (400, 16, 16): ∂a/∂e
        seen[name]["spread"].append(scores.std())
        seen[name]["largest"].append(weights.max(axis=1).mean())
        seen[name]["slope"].append(np.linalg.norm(slopes, axis=(1, 2)).mean())

# %%
figure, panel = plt.subplots(1, 3, figsize=(7.8, 3.2))
titles = {"spread": "Deviation of scores", "largest": "Largest of 16 weights", "slope": "Norm of ∂a/∂e"}
for ax, (what, title) in zip(panel, titles.items(), strict=True):
    plots.lines(sizes, {name: rows[what] for name, rows in seen.items()}, models=["baseline", "transformer"], marker="o",
                log="xy" if what != "largest" else "x", title=title, xlabel="K", ylabel="", ax=ax)
    if what != "spread":
        ax.get_legend().remove()
plt.show()

# %%
raw, scaled = ({what: np.array(rows) for what, rows in seen[name].items()} for name in seen)
claim("Unscaled, the scores spread as √K", np.abs(raw["spread"] / np.sqrt(sizes) - 1).max() < 0.15,
      f"off by {np.abs(raw['spread'] / np.sqrt(sizes) - 1).max():.0%} at most")
claim("At K = 1024 one step of sixteen then gets nearly all the weight; scaled it does not",
      raw["largest"][-1] > 0.9 and scaled["largest"][-1] < 0.4,
      f"{raw['largest'][-1]:.2f} and {scaled['largest'][-1]:.2f} on average")
claim("Scaled, the softmax passes on three times the gradient or more", scaled["slope"][-1] > 3 * raw["slope"][-1],
      f"norm of ∂a/∂e {scaled['slope'][-1]:.2f} against {raw['slope'][-1]:.3f}")

# %% [markdown]
# A softmax with one weight near 1 hardly reacts to its scores: its gradient vanishes, like a sigmoid's far from 0, and little is left to learn from where to look.
# Divided by $\sqrt K$, the scores of such queries and keys have variance 1 whatever the size. That is the *scaled* in **scaled dot-product attention**.
#
# ## Heads and masks
# Each step makes one mean, with one set of weights. A step that needs two things from two places would get their mixture. So the layer is split into **heads**, each with
# queries, keys and values of its own and a softmax of its own; what they find is put side by side and multiplied by one more matrix, $W_o$.
#
# And not every step may be looked at. A **mask** says who sees whom:

# %%
lengths = np.array([9, 6, 4, 9])
real = np.arange(9) < lengths[:, None]                             # (B, T): False where a step is padding
causal = np.tri(9, dtype=bool)                                     # (T, T): step i sees the steps j ≤ i
masks = {"everything": np.ones((9, 9)), "no padding": np.tile(real[2], (9, 1)), "causal": causal,
         "causal, no padding": causal & real[2]}
figure, panel = plt.subplots(1, 4, figsize=(7.8, 2.6), sharey=True)
for ax, (name, mask) in zip(panel, masks.items(), strict=True):
    ax.imshow(~np.asarray(mask, bool), cmap="gray", vmin=-0.15, vmax=1)
    ax.set(xlabel="looked at", xticks=[0, 8], xticklabels=[1, 9], yticks=[0, 8], yticklabels=[1, 9])
    ax.set_title(name, fontsize=11)
    ax.grid(False)
panel[0].set_ylabel("looks")
figure.suptitle("Who sees whom (black): nine steps, the last five padding", x=0.01, y=1.07, ha="left", weight="bold",
                size=12.5)
plt.show()

# %% [markdown]
# A network that shall write text must not see what it has to write. The **causal** mask hides all later steps. It is what a recurrent network has by nature (lesson 03).
#
# The mask must be applied *before* the softmax: a hidden score becomes −∞, and exp(−∞) is 0. If weights are set to 0 after it, what is left no longer sums to 1, and the hidden
# steps have had their say in the sum.
#
# All of it in NumPy (lesson 04 explains `einsum`: it multiplies where letters agree and sums over those that the result does not name). The weights have Keras' shapes: the kernels of queries, keys and values are $(D, \text{heads}, K)$.

# %%
def in_heads(x, kernel, bias):
    return np.einsum("btd,dhk->bhtk", x, kernel) + bias[:, None]   # (B, T, D) → (B, heads, T, K)


def self_attention(x, sees, W_q, b_q, W_k, b_k, W_v, b_v, W_o, b_o):
    """Outputs (B, T, D) and weights (B, heads, T, T) of x (B, T, D); sees (B, T, T) bool: step i sees step j."""
    q, k, v = in_heads(x, W_q, b_q), in_heads(x, W_k, b_k), in_heads(x, W_v, b_v)
    e = q @ k.swapaxes(2, 3) / np.sqrt(W_q.shape[-1])              # (B, heads, T, T)
    a = softmax(np.where(sees[:, None], e, -np.inf))               # −∞: no weight at all
    return np.einsum("bhtk,hkd->btd", a @ v, W_o) + b_o, a         # heads side by side, times W_o

# %%
theirs = keras.layers.MultiHeadAttention(num_heads=4, key_dim=6)
theirs.build(x.shape, x.shape)
theirs.set_weights([0.4 * rng.normal(size=w.shape) for w in theirs.get_weights()])  # biases, too
named = models.MultiHeadSelfAttention(4, 6, causal=True)
named.build(x.shape)
named.set_weights(theirs.get_weights())
ours, ours_weights = self_attention(x, causal & real[:, None], *theirs.get_weights())
keras_one = theirs(x, x, attention_mask=real[:, None], use_causal_mask=True)       # (B, T, D)
course_one = named(x, mask=real)
apart = max(np.abs(ours - np.array(other))[real].max() for other in (keras_one, course_one))
claim("Our attention is Keras' MultiHeadAttention and the course's MultiHeadSelfAttention", apart < 1e-5,
      f"largest difference at steps that are not padding {apart:.0e}")
hidden = ours_weights[np.broadcast_to(~(causal & real[:, None])[:, None], ours_weights.shape)]
claim("What is masked gets no weight at all", hidden.max() == 0, f"largest of {hidden.size:,} masked weights {hidden.max():.0f}")

# %% [markdown]
# More heads cost nothing if each is narrower. So one takes $K = D / \text{heads}$ mostly:

# %%
counted = {}
for heads in (1, 2, 4, 8, 16):
    layer = models.MultiHeadSelfAttention(heads)                   # K = D / heads
    layer.build(x.shape)
    counted[heads] = layer.count_params()
print("weights by heads:", counted)
claim("Sixteen heads of one number have as many weights as one head of sixteen", len(set(counted.values())) == 1,
      f"{counted[1]:,} each")

# %% [markdown]
# ## It is a bag
# Look again at the equations: is there any place where the *number* of a step enters? **Before you run it:** we shuffle the steps of all four sequences. What happens to the
# outputs?

# %%
free = models.MultiHeadSelfAttention(4)                            # no mask, no positions
free.build(x.shape)
free.set_weights([0.4 * rng.normal(size=w.shape) for w in free.get_weights()])
shuffle = rng.permutation(9)
apart = np.abs(free(x[:, shuffle]) - np.array(free(x))[:, shuffle]).max()
claim("Shuffled steps give the same outputs, shuffled", apart < 1e-5, f"largest difference {apart:.0e}")
apart = np.abs(np.mean(free(x[:, shuffle]), axis=1) - np.mean(free(x), axis=1)).max()
claim("Their mean does not change at all, but for rounding", apart < 1e-5, f"largest difference {apart:.0e}")

# %% [markdown]
# Who reads only such a mean reads a bag, as in lesson 01, and that lesson's task is lost: which of two symbols, A or B, came first? Every sequence has a twin with the two exchanged,
# the same bag. There no bag can do better than 0.5.
#
# Two kinds of network, three of each: one layer of attention and a mean over the steps. The second kind differs from the first by the causal mask alone: it has as many weights, and still
# nobody tells it the number of a step. **Before you run it:** will that be enough?

# %%
order = datasets.order_only(seed=seed)
x_order, y_order = order.train[0], order.train[1][:, None].astype("float32")       # (2800, 20) ids, (2800, 1)
x_unseen, y_unseen = (np.concatenate(both) for both in zip(order.validation, order.test, strict=True))     # 1200


def reader(causal):
    ids = keras.Input((None,), dtype="int32")
    looked = models.MultiHeadSelfAttention(2, causal=causal)(keras.layers.Embedding(11, 16)(ids))      # (B, T, 16)
    return keras.Model(ids, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(looked)))


right = {}
for name, causal_mask in (("no mask", False), ("causal mask", True)):
    readers = [reader(causal_mask) for _ in range(3)]
    measure.train_replicas(readers, x_order, y_order, seeds=range(3), loss=keras.losses.BinaryCrossentropy(from_logits=True),
                           optimizer=keras.optimizers.Adam(0.005), updates=200, batch_size=100, label=name)
    right[name] = [float(np.mean((np.array(one(x_unseen))[:, 0] > 0) == y_unseen)) for one in readers]

# %%
plots.intervals(list(right), [np.mean(shares) for shares in right.values()], [np.ptp(shares) / 2 for shares in right.values()],
                models=["bag", "transformer"], reference=("chance", 0.5), form="{:.3f}",
                xlabel="accuracy on unseen sequences, mean ± half the range of 3",
                title="Attention is a bag, until a mask gives it an order")
claim("Without mask and positions attention stays at chance", max(right["no mask"]) <= 0.55,
      f"{max(right['no mask']):.3f} at most, chance 0.5")
claim("A causal mask alone solves the task", min(right["causal mask"]) >= 0.98, f"{min(right['causal mask']):.3f} or more")

# %% [markdown]
# A mask that was meant to hide the future has told the network about order. How can it? A symbol is seen by the steps after it and by no other, so an early A is in more of the
# outputs than a late B, and the mean of all outputs knows it.
#
# The mask even tells the number of a step. Let all scores be 0, so that all weights are equal, and mark the first step, as a start token does:

# %%
steps = np.arange(1, 41)
marked = np.zeros(40)                                              # one number a step
marked[0] = 1                                                      # the start token; all others are alike
shares_of_start = {}
for name, sees in (("no mask", np.ones((40, 40), bool)), ("causal mask", np.tri(40, dtype=bool))):
    alike = softmax(np.where(sees, 0.0, -np.inf))                  # (40, 40): the same weight for all that is seen
    shares_of_start[name] = alike @ marked                         # (40,)
plots.lines(steps, shares_of_start, models=["bag", "transformer"], log="y", xlabel="step t", ylabel="what a step sees of the start",
            title="With a causal mask a plain mean says how many came before")
apart = np.abs(shares_of_start["causal mask"] - 1 / steps).max()
claim("With a causal mask and equal weights, step t holds 1/t", apart < 1e-7, f"largest difference {apart:.0e}")
claim("Without a mask all steps hold the same", np.ptp(shares_of_start["no mask"]) == 0, f"{shares_of_start['no mask'][0]:.3f} each")

# %% [markdown]
# (Haviv et al. 2022 trained large language models without positions: they were nearly as good as those with, and their states told where they were. The causal mask was their
# explanation, too.)
#
# So what are positions for? $1/t$ is coarse: 1/100 and 1/101 are hard to tell apart. "The step before mine" is a sharp question, and to ask it a step has to know exactly where it
# is, or how far away the others are.
#
# ## Three kinds of positions
# **Sinusoidal** (Vaswani et al. 2017). A vector is added to each step. Its numbers come in pairs, points on circles that turn at different speeds, like the hands of clocks:
#
# $$p_t[2i] = \sin(\omega_i t), \qquad p_t[2i+1] = \cos(\omega_i t), \qquad \omega_i = 10000^{-2i/D} .$$

# %%
clocks = np.array(models.SinusoidalPositions()(np.zeros((1, 60, 32), "float32")))[0]                # (60, 32)
plt.subplots(figsize=(7.4, 3.1))
ax = plots.heat(clocks.T, ax=plt.gca(), xlabel="step t, counted from 0", ylabel="place in the vector",
                title="Fast clocks above, slow ones below")
ax.set(xticks=range(0, 60, 10), xticklabels=range(0, 60, 10), yticks=range(0, 32, 10), yticklabels=range(0, 32, 10))
plt.show()
omega = 10_000 ** (-np.arange(16) / 16)
turns = np.zeros((32, 32))                                         # 7 steps on: each clock turned by 7 ω
for i, angle in enumerate(7 * omega):
    turns[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
apart = np.abs(clocks[:-7] @ turns - clocks[7:]).max()
claim("One matrix takes every position to the one seven steps on", apart < 1e-4, f"largest difference {apart:.0e}")

# %% [markdown]
# That was the authors' reason for the circles. To go $n$ steps on is a fixed linear map, wherever one is, and $W_q$ could learn it.
#
# **Learned** (Gehring et al. 2017). A table with one vector for each position, as an Embedding has for each id. It can be anything, and it ends where the table ends.
#
# **Rotary** (Su et al. 2021). Nothing is added. Instead each pair of numbers of a query and of a key is *turned* by the angle $\omega_i t$ of its own step. Turn both, and what
# counts for their product is the difference of the two angles: how many steps the key stands before or after the query. **Before you run it:** one query and one key, the same at all 60 steps. What will
# the table of all scores look like?

# %%
turning = models.MultiHeadSelfAttention(1, 32, rotary=True)
same_everywhere = np.tile(rng.normal(size=(1, 1, 32)).astype("float32"), (1, 60, 1))               # (1, 60, 32)
turning.build(same_everywhere.shape)
_, spread = turning(same_everywhere, return_scores=True)
log_weights = np.log(np.array(spread)[0, 0])                       # (60, 60): the scores, but for a constant in each row
relative = log_weights - np.diag(log_weights)[:, None]             # against the score of a step with itself
plt.subplots(figsize=(4.8, 3.9))
ax = plots.heat(relative, ax=plt.gca(), xlabel="key's step", ylabel="query's step",
                title="Turned, scores depend on the distance alone")
ax.set(xticks=range(0, 60, 10), xticklabels=range(0, 60, 10), yticks=range(0, 60, 10), yticklabels=range(0, 60, 10))
uneven = max(np.ptp(np.diagonal(relative, distance)) for distance in range(-59, 60))
claim("Along every diagonal the score is the same", uneven < 1e-3, f"largest range {uneven:.0e}")
claim("From diagonal to diagonal it differs", np.ptp(relative) > 0.1, f"range {np.ptp(relative):.1f}")

# %% [markdown]
# ### What they can do, and how far
# A task that needs an exact distance: at every step say which of eight symbols stood **three steps ago**. We train on 24 steps and test on 96. One causal block (the next section
# says what that is) with each kind of positions or none, and a GRU of as many units; five networks each, 500 updates, kept in a table.
#
# **Before you run it:** who finds it within 24 steps, who without positions, who at step 96? (The learned table has 96 rows; those beyond 24 are never trained.)

# %%
table = measure.results("steps_ago_by_positions")                  # positions, seed, cross_entropy, and a share for each dozen
ends = np.arange(12, 97, 12)
dozens = [f"to_{end}" for end in ends]
kinds = {"none": "bag", "sinusoidal": "conv", "learned": "dense", "rotary": "transformer", "gru": "gru"}
means = table.groupby("positions")[dozens].mean()                  # five rows of eight
ax = plots.lines(ends, {name if name != "gru" else "GRU": means.loc[name] for name in kinds}, models=list(kinds.values()),
                 marker="o", xlabel="up to step (means of a dozen steps; trained up to 24)", ylabel="share right, mean of 5",
                 title="Within the training's length positions find it; beyond, they differ")
ax.axvline(24, color=plots.PALETTE["truth"], linestyle="--", linewidth=1)
ax.axhline(1 / 8, color=plots.PALETTE["baseline"], linestyle=":", linewidth=1.5)
ax.set_ylim(0, 1.05)
ax.legend(ncols=3, loc="center right", bbox_to_anchor=(1.02, 0.55), columnspacing=1, handlelength=1.3)
plt.show()

# %%
first_two, last = table[["to_12", "to_24"]].min(axis=1), table["to_96"]
by_kind = {name: table["positions"] == name for name in kinds}
lowest = min(first_two[by_kind[name]].min() for name in ("sinusoidal", "learned", "rotary"))
claim("Within the trained length every block with positions finds the symbol", lowest > 0.97, f"{lowest:.3f} or more, 15 networks")
without = table.loc[by_kind["none"], ["to_12", "to_24"]].to_numpy()                # (5, 2)
claim("With the causal mask alone, in as many updates, it does not", without.max() < 0.5,
      f"{without.max():.2f} at most, chance 0.125")
beyond = {name: table[by_kind[name]]["to_36"] for name in kinds}
claim("Right beyond it learned positions are at chance", beyond["learned"].max() < 0.2, f"{beyond['learned'].max():.3f} at most")
claim("Sinusoidal ones are right less than two times in three there", beyond["sinusoidal"].max() < 0.67,
      f"{beyond['sinusoidal'].max():.2f} at most")
claim("Rotary ones still find it there", beyond["rotary"].min() > 0.9, f"{beyond['rotary'].min():.2f} or more")
claim("At four times the trained length rotary positions have lost some of it, and the GRU nothing",
      last[by_kind["rotary"]].mean() < 0.98 and last[by_kind["gru"]].min() > 0.99,
      f"{last[by_kind['rotary']].mean():.2f} on average, {last[by_kind['gru']].min():.3f} or more")
spot = measure.spot_check("steps_ago_by_positions", "cross_entropy", log=True, where={"positions": ("sinusoidal", "rotary")})
claim("A cell of the table, measured again now, falls where the kept runs say", spot.agrees, str(spot))

# %% [markdown]
# Rows of a table that no gradient has reached are noise. Sinusoidal vectors beyond step 24 exist, but the network has never seen them: that a linear map *can* express "three
# steps back" everywhere does not mean that training finds that map. Rotary scores know distances alone, and a distance of 3 is trained. Two reasons fit why they fade all the
# same, and this table cannot part them: there are more other steps, and each takes a little of the weight; and distances beyond 23 have never been trained, so that nobody has taught
# their scores to be low.
#
# The GRU has no positions at all. Its step is the same at 96 as at 20, and all it needs are the last three symbols. Remember that when you read how long a *context* a
# Transformer can take: it is a question of its positions and of what it was trained on.
#
# ## The block
# Attention only moves: each output is a mean of values. To compute with what has been found, a small network follows, the same at every step. Both are *added* to what was
# there, as in lesson 14, and each reads its input through a layer norm (lesson 15):
#
# $$u_t = x_t + \mathrm{attention}(\mathrm{norm}(x))_t, \qquad y_t = u_t + \mathrm{relu}(\mathrm{norm}(u_t)\, W_1 + b_1)\, W_2 + b_2 .$$
#
# That is a **Transformer block** (the drawing leaves out the norms):

# %%
plots.transformer_block(title="Steps meet in attention (pink) alone; the stream (blue) goes past")
plt.show()

# %% [markdown]
# (Vaswani et al. put the norms after the sums. Norms first, as here, train without a warm-up of the learning rate: Xiong et al. 2020.) A
# **Transformer** is an embedding, positions, a stack of such blocks, one more norm and a read-out. With a causal mask it is a *decoder* and can write, without one an *encoder*.
# The first one had both, to translate, and between them the attention of lesson 11. The small network is mostly made four times as wide as the stream: then its two matrices have
# $8D^2$ weights, and attention's four have $4D^2$.

# %%
def block(features, heads, hidden):
    x = keras.Input((None, features))
    normed = keras.layers.LayerNormalization(epsilon=1e-5)(x)
    u = x + keras.layers.MultiHeadAttention(heads, features // heads)(normed, normed, use_causal_mask=True)
    inner = keras.layers.Dense(hidden, activation="relu")(keras.layers.LayerNormalization(epsilon=1e-5)(u))
    return keras.Model(x, u + keras.layers.Dense(features)(inner))


in_keras, in_course = block(16, heads=4, hidden=64), models.TransformerBlock(4, causal=True)
in_course.build(x.shape)
in_keras.set_weights([0.4 * rng.normal(size=w.shape) for w in in_keras.get_weights()])
in_course.set_weights(in_keras.get_weights())
apart = np.abs(in_keras(x) - in_course(x)).max()
claim("Our block is models.TransformerBlock", apart < 1e-4, f"largest difference {apart:.0e}")
alone = in_course.hidden.count_params() + in_course.back.count_params()
claim("Two thirds of a block's weights look at one step alone", 0.6 < alone / in_course.count_params() < 0.7,
      f"{alone:,} of {in_course.count_params():,}")

# %% [markdown]
# `models.many_to_one` and `models.many_to_many` build all of it with `cell="transformer"`, with rotary positions.
#
# ## Short paths
# Lesson 05's trouble was the path: from $x_1$ to $h_{100}$ a plain RNN takes 99 steps, and the gradient is multiplied at each. In one layer of attention it is *one* step, whatever
# the distance. We look with the microscope at networks that have learned nothing yet: how much does the answer after 100 steps depend on each of the inputs? One GRU is as Keras draws it. The
# other starts with a bias of 3 at the gate that keeps, as lesson 12 did it for the LSTM: it could do as well.
#
# **Before you run it:** what will the three curves look like?

# %%
x_long, y_long = rng.normal(size=(8, 100, 4)).astype("float32"), rng.normal(size=(8, 1)).astype("float32")
depends = {}
for name, cell, bias in (("GRU", "gru", 0), ("GRU, gates open", "gru", 3), ("Transformer block", "transformer", 0)):
    fresh = [models.many_to_one(features=4, outputs=1, cell=cell, units=32) for _ in range(3)]
    felt = []
    for drawn in [one.get_weights() for one in fresh]:
        if bias:
            drawn[2][0, :32] = bias                                # z, the first of three blocks: σ(3) = 0.95 is kept
        fresh[0].set_weights(drawn)                                # one model, so that it is traced once
        felt.append(measure.saliency(fresh[0], x_long, y_long, loss="mse"))         # (100,): norm of dL/dx_t
    depends[name] = np.exp(np.mean(np.log(np.maximum(felt, 1e-38)), axis=0))        # geometric mean of three
    depends[name] = depends[name] / depends[name][-1]

# %%
ax = plots.lines(np.arange(1, 101), depends, models=["gru", "gru", "transformer"], log="y", ylabel="‖dL/dx_t‖, last step = 1",
                 xlabel="input step t (the answer comes after step 100)", title="Untrained: attention feels step 1 as it feels step 90")
ax.lines[1].set_linestyle("--")
ax.legend()
plt.show()
first_to_90 = {name: felt[0] / felt[89] for name, felt in depends.items()}
claim("The block feels the first step about as much as the ninetieth", 0.2 < first_to_90["Transformer block"] < 5,
      f"ratio {first_to_90['Transformer block']:.2f}")
claim("The GRU feels the first step a million times less than the ninetieth", first_to_90["GRU"] < 1e-6,
      f"ratio {first_to_90['GRU']:.0e}")
claim("With its gates open it feels it ten times less or more, but not a thousand", 1e-3 < first_to_90["GRU, gates open"] < 0.1,
      f"ratio {first_to_90['GRU, gates open']:.3f}")

# %% [markdown]
# The block's curve is low but flat: scores are small at first, so each of 100 steps gets about a hundredth of the weight. Divided by 100 is not the same as multiplied by 0.6 a hundred
# times. But the second GRU is a warning: most of the difference was how its gates start (lesson 12), and multiplied by 0.95 a hundred times is not far from divided by 100. What
# follows from it for recall over long lags is measured in [lesson 18](18_rnn_lstm_gru_or_transformer.ipynb), trained and fairly matched.
#
# ## Write without computing twice
# To write the next token, a Transformer has to read everything so far. Done plainly, each new token costs the whole sequence again: all rows, for the next block looks at all of them. **Before you run it:** which of $q$, $k$, $v$
# of an old step can change when a new step comes? We count every multiplication.

# %%
multiplied = 0


def times(a, b):
    """a @ b, its multiplications counted."""
    global multiplied
    multiplied += a.shape[0] * a.shape[1] * b.shape[1]
    return a @ b


def whole(x, W_q, W_k, W_v):
    """One head, causal: outputs (T, D) of x (T, D), everything computed."""
    q, k, v = times(x, W_q), times(x, W_k), times(x, W_v)
    e = np.where(np.tri(len(x), dtype=bool), times(q, k.T) / np.sqrt(q.shape[1]), -np.inf)          # (T, T)
    return times(softmax(e), v)


def one_more(x_t, keys, values, W_q, W_k, W_v):
    """The output (1, D) of one step more, x_t (1, D), with the keys and values (t − 1, D) of the steps before."""
    keys, values = np.vstack([keys, times(x_t, W_k)]), np.vstack([values, times(x_t, W_v)])         # (t, D)
    return times(softmax(times(times(x_t, W_q), keys.T) / np.sqrt(keys.shape[1])), values), keys, values

# %%
T, D = 64, 32
tokens, W = rng.normal(size=(T, D)), rng.normal(size=(3, D, D)) / np.sqrt(D)
plainly = np.vstack([whole(tokens[:t], *W)[-1] for t in range(1, T + 1)])          # (64, 32): row t from t rows, again and again
without_cache, multiplied = multiplied, 0
keys = values = np.zeros((0, D))
rows = []
for t in range(T):
    row, keys, values = one_more(tokens[t : t + 1], keys, values, *W)
    rows.append(row)
with_cache = multiplied
apart = np.abs(np.vstack(rows) - plainly).max()
claim("With keys and values kept, every output is the same", apart < 1e-12, f"largest difference {apart:.0e}")
predicted = [sum(3 * t * D**2 + 2 * t**2 * D for t in range(1, T + 1)), sum(3 * D**2 + 2 * t * D for t in range(1, T + 1))]
claim("The multiplications are 3tD² + 2t²D for token t without, 3D² + 2tD with", [without_cache, with_cache] == predicted,
      f"{without_cache:,} and {with_cache:,} for {T} tokens")
claim("For 64 tokens the cache saves more than nine multiplications in ten", without_cache > 10 * with_cache,
      f"{without_cache / with_cache:.0f} times fewer")

# %% [markdown]
# None of them changes. In the first block they are made of $x_j$ alone; in the blocks above, of outputs that know old steps alone, thanks to the causal mask. The old queries have been
# answered. Keys and values are kept: the **key/value cache**. The layers of the course
# have one, and so has the compiled loop of `models.sample`.

# %%
cache, written = in_course.initial_cache(batch=4, steps=9), []
for t in range(9):
    y_t, cache = in_course.step(x[:, t], cache)                    # (B, D)
    written.append(y_t)
apart = np.abs(np.stack(written, axis=1) - in_course(x)).max()
claim("Step by step with its cache, the block gives what it gives on the whole", apart < 1e-4, f"largest difference {apart:.0e}")
held = {}
for context in (64, 1024, 8192):
    big = in_course.initial_cache(batch=1, steps=context)
    held[context] = int(np.size(big["key"]) + np.size(big["value"]))
print("numbers kept by one block of 16 units, by context:", held, "· by a GRU of 16 units:", 16)
claim("Its memory grows with the context, two vectors a step; a GRU's state does not",
      all(count == 2 * 16 * context for context, count in held.items()), f"{held[8192]:,} numbers at 8,192 steps, against 16")

# %% [markdown]
# ## What it costs
# The sum for a whole sequence of $T$ steps and width $D$: attention multiplies $4TD^2$ times in its four matrices (the three counted above, and $W_o$) and $2T^2D$ times between steps. A GRU of $D$ units multiplies
# $6TD^2$ times. A whole block has its small network as well, $8TD^2$. **Before you run it:** the length doubles. What happens to either?

# %%
length, width = 2 ** np.arange(4, 15), 64
attention_alone = 4 * length * width**2 + 2 * length**2 * width
products = {"attention": attention_alone, "whole block": attention_alone + 8 * length * width**2, "GRU": 6 * length * width**2}
plots.lines(length, products, models=["baseline", "transformer", "gru"], log="xy", marker="o", xlabel="steps T", ylabel="multiplications, width 64",
            title="Attention's work grows as T², a GRU's as T")
growth = {name: counts[-1] / counts[-2] for name, counts in products.items()}
claim("Where T is large, doubling it costs attention nearly four times, a GRU twice", growth["attention"] > 3.9 and growth["GRU"] == 2,
      f"{growth['attention']:.2f} and {growth['GRU']:.0f} times, from 8,192 to 16,384")
claim("Up to as many steps as the width, attention multiplies no more than a GRU",
      (products["attention"] <= products["GRU"])[length <= width].all(), f"equal at T = D = {width}")
times_gru = products["whole block"] / products["GRU"]
claim("A whole block multiplies more than twice as often as a GRU at every length", times_gru.min() > 2,
      f"{times_gru.min():.2f} to {times_gru.max():.0f} times")

# %% [markdown]
# Work is not time. A GRU's $T$ steps must wait for one another, attention's need not: on a machine that does thousands of products at once, all of a sequence is trained in one go.
# That was its authors' first reason for the Transformer (Vaswani et al. 2017). When it *writes*, it goes step by step like everybody else, and pays for its memory.
#
# | | recurrent | Transformer |
# | --- | --- | --- |
# | path from step 1 to step T | T steps | 1 a layer |
# | training: steps that wait for each other | T | none |
# | work for T steps | grows as T | grows as T² |
# | memory while writing | constant | grows with T |
# | order | built in | by a mask or by positions |
# | longer than trained | runs on | depends on the positions |
#
# Which of the two is *better* is no question of tables like this one. It is measured in the next lesson.

# %% [markdown]
# ## Try it
# Each line stands on its own: copy it into a new cell below, change it, run it.
#
# 1. Is attention with a *maximum* over the steps a bag, too? `np.abs(np.max(free(x[:, shuffle]), axis=1) - np.max(free(x), axis=1)).max()`
# 2. A mask that is off by one lets a step see the next: `self_attention(x, np.tri(9, k=1, dtype=bool)[None], *theirs.get_weights())[1][0, 0].round(2)`. What
#    would a network that is trained to write learn with it?
# 3. Thirty tokens from a Transformer that has learned nothing, in one compiled loop:
#    `models.sample(models.many_to_many(vocab_size=9, outputs=9, cell="transformer", units=16), [1], 30)`
# 4. Move the slider: how long must the letters' vectors be before each looks at its like alone?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def redraw(length):
    _, seen_by = models.LuongAttention("dot")(x_word / 3 * length, x_word / 3 * length, return_scores=True)
    plt.subplots(figsize=(4.4, 3.7))
    plots.heat(np.array(seen_by)[0], rows=list(word), columns=list(word), ax=plt.gca(), title=f"Vectors of length {length:.1f}",
               xlabel="looked at", ylabel="looks")
    plt.show()


slider = ipywidgets.FloatSlider(3.0, min=0.0, max=4.0, step=0.25, continuous_update=False)
_ = ipywidgets.interact(redraw, length=slider)

# %%
sharp = np.arange(0, 4.25, 0.25)
own = []
for factor in sharp:
    _, seen_by = models.LuongAttention("dot")(x_word / 3 * factor, x_word / 3 * factor, return_scores=True)
    own.append(float((np.array(seen_by)[0] * equal)[1].sum()))     # what the first a gives to all three
plots.lines(sharp, {"weight of an a on the three a": own}, models=["transformer"], marker="o", xlabel="length of the letters' vectors",
            ylabel="weight", title="From a plain mean to a look-up")
claim("With vectors of length 0 the layer is a plain mean, with length 4 a look-up", abs(own[0] - 0.5) < 1e-6 and own[-1] > 0.999,
      f"{own[0]:.2f} and {own[-1]:.4f} on the three letters of six that are alike")

# %% [markdown]
# ## Check yourself
#
# **1. A colleague's Transformer for classification averages over the steps and has no positions and no mask. It classifies movie reviews well. What do you conclude?**
# <details><summary>Attention has learned the order by itself.</summary>
#
# It cannot. Shuffle the words of every review: not one score changes, but for rounding.
# </details>
# <details><summary>For these labels the words matter, and their order hardly does.</summary>
#
# Yes. It is a bag of words, a clever one that weighs words by the company they keep.
# </details>
# <details><summary>Its embedding holds the positions.</summary>
#
# An embedding of ids knows the word, not the place. The same word has the same vector everywhere.
# </details>
#
# **2. Why is the score divided by √K?**
# <details><summary>So that the weights sum to 1.</summary>
#
# The softmax sees to that, whatever the scores.
# </details>
# <details><summary>So that scores start with about the same spread whatever K is, and the softmax still reacts to them.</summary>
#
# Yes.
# </details>
# <details><summary>So that long sequences do not get larger scores.</summary>
#
# K counts the numbers of a query, not the steps. A score is a sum over these K; the length of the sequence plays no part in it.
# </details>
#
# **3. You train a language model and forget the causal mask. What do you see?**
# <details><summary>The loss does not go down.</summary>
#
# It goes down faster than ever: the answer to step t is the input of step t + 1, and the step may look at it.
# </details>
# <details><summary>A loss near 0 in training and in validation, and nonsense when it writes.</summary>
#
# Yes. When it writes, there is no next step to copy from.
# </details>
# <details><summary>The same loss, only order is lost.</summary>
#
# Order may be lost, too. But the leak of the answer is far greater.
# </details>
#
# **4. A Transformer with learned positions was trained on 512 steps. What can it do with 600?**
# <details><summary>All of it: attention takes any length.</summary>
#
# Attention does. The table of positions ends, or has rows that nothing has trained; those were at chance above.
# </details>
# <details><summary>Read the last 512 of them.</summary>
#
# Yes: cut, or take other positions. Rotary ones degrade more slowly, and even then measure it.
# </details>
# <details><summary>Read all, if it has a cache.</summary>
#
# The cache saves work. It gives exactly what the network would give without it, so it extends nothing.
# </details>
#
# **5. What does the key/value cache hold?**
# <details><summary>Queries, keys and values of all steps.</summary>
#
# An old step's query is never asked for again: only the new step looks.
# </details>
# <details><summary>Keys and values of all steps so far, for each block and head.</summary>
#
# Yes, so it grows with every token.
# </details>
# <details><summary>The weights of attention.</summary>
#
# Each new step makes its own weights, over one step more.
# </details>

# %% [markdown]
# ## Take-aways
# - Self-attention is lesson 11's attention of a sequence to itself, with queries, keys and values. *(claims: "Each letter gives …", "Queries and keys …",
#   "The mean of the values …", "Our attention is Keras' …")*
# - Divide by √K, or the softmax saturates. *(claims: "Unscaled, …", "At K = 1024 …", "Scaled, the softmax …")*
# - Heads cost nothing extra; masked steps get no weight at all. *(claims: "Sixteen heads …", "What is masked …")*
# - Without mask and positions it is a bag; a causal mask alone gives it an order. *(claims: "Shuffled steps …", "Their mean …", "Without mask and positions …",
#   "A causal mask alone …", "With a causal mask and equal weights …", "Without a mask …")*
# - Positions let it ask for exact distances; beyond the trained length the kinds differ, and a GRU simply runs on. *(claims: "One matrix …", "Along every diagonal …",
#   "Within the trained length …", "With the causal mask alone …", "Right beyond it …", "Sinusoidal ones …", "Rotary ones …", "At four times …")*
# - A block is attention and a small network at each step, added to a stream. *(claims: "Our block …", "Two thirds …")*
# - One layer is one step from anywhere to anywhere; a GRU pays for every step between, little if its gates start open. *(claims: "The block feels …", "The GRU feels …", "With its gates open …")*
# - The price: T² work, and a cache that grows. *(claims: "With keys and values kept …", "The multiplications …", "For 64 tokens …", "Step by step …", "Its memory grows …",
#   "Where T is large …", "Up to as many steps …", "A whole block …")*
#
# **Exercises.** [Exercises 17](exercises/17_attention_and_the_transformer.ipynb): attention with scaling and a mask, positions, the causal mask, one step with a cache. The
# notebook says how many minutes each takes.
#
# ## Read on
# - A. Vaswani and others, *Attention is all you need*, NeurIPS 2017: the Transformer, for translation; table 1 is our comparison of paths and work.
# - J. Gehring and others, *Convolutional sequence to sequence learning*, ICML 2017: learned positions.
# - A. Haviv, O. Ram, O. Press, P. Izsak and O. Levy, *Transformer language models without positional encodings still learn positional information*, Findings of EMNLP 2022.
# - J. Su and others, *RoFormer: enhanced Transformer with rotary position embedding*, 2021.
# - R. Xiong and others, *On layer normalization in the Transformer architecture*, ICML 2020: why norms first.
# - S. Rush, *The annotated Transformer*, 2018: the paper as a program, line by line.
