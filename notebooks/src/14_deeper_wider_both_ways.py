# %% [markdown]
# # 14 · Deeper, wider, both ways
#
# **A network can be made larger in three ways: more layers, a larger state, a second direction. What does each give, and what does it cost?**
#
# **You will be able to**
# - stack recurrent layers, with and without residual connections, and measure how much of the gradient reaches the lowest one;
# - test whether depth helps when it costs no weights;
# - say which state is too small for a task, by counting, and see when one is too large;
# - decide whether a network may read backwards, and find a leak with one nudge.
#
# **You need** [lesson 12](12_lstm.ipynb); bidirectional taggers are in [lesson 10](10_what_cells_track.ipynb). *{{minutes}} minutes to read, about
# {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, measure, models, plots, scratch
from rnncourse.measure import claim
from rnncourse.measure.experiments.depth import henon
from rnncourse.measure.experiments.size import most_strings, sunspot_windows
import keras
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 14])

# %% [markdown]
# ## Layer upon layer
# A recurrent layer gives a state at every step. That is a sequence again, so another layer can read it:
#
# $$h_t^{(l)} = \varphi\big(h_t^{(l-1)} W_x^{(l)} + h_{t-1}^{(l)} W_h^{(l)} + b^{(l)}\big), \qquad h_t^{(0)} = x_t .$$
#
# Each layer has weights of its own and a state of its own. To Keras it is a list of layers, where all but the last need `return_sequences=True`. Now the gradient has two ways to go back: to the
# left, through time, and down, through layers. Lesson 05 and lesson 12 measured the first. For the second we take six layers of 32 units, as Keras draws them, noise as input, and a loss
# at the last step of the top layer.
#
# **Before you run it:** the LSTM was built to keep the gradient. Of plain RNNs and LSTMs, which stack lets more of it through to the lowest layer?

# %%
def stack_gradients(kind, number, residual=False, depth=6, units=32):
    """‖dL/dh_t‖ in total, mean over the batch: (depth, T), lowest layer first; top layer, last step: 1."""
    h, cells, runs = x_noise, [], []
    for level in range(depth):
        cells.append(kind(h.shape[-1], units, seed=100 * seed + 10 * number + level))
        runs.append(scratch.forward(cells[level], h))
        above = runs[level].outputs                                # (B, T, H)
        h = h + above if residual and level else above
    d_h, lengths = np.zeros_like(h), []
    d_h[:, -1] = direction / np.linalg.norm(direction)
    for level in reversed(range(depth)):
        back = scratch.backward(cells[level], runs[level], d_h)
        lengths.append(np.linalg.norm(back.states, axis=-1).mean(axis=0))           # (T,)
        d_h = d_h + back.inputs if residual and level else back.inputs              # (B, T, H), in the end (B, T, D)
    return np.array(lengths[::-1])

# %%
x_noise, direction = rng.normal(size=(32, 20, 8)), rng.normal(size=32)        # (B, T, D), (H,)
kinds = {"plain RNN": (scratch.SimpleRNN, False), "LSTM": (scratch.LSTM, False),
         "LSTM, residual": (scratch.LSTM, True)}
maps = {name: np.array([stack_gradients(kind, number, residual) for number in range(5)])
        for name, (kind, residual) in kinds.items()}               # (5 nets, 6 layers, 20 steps) each
last = {name: lengths[:, :, -1] for name, lengths in maps.items()} # (5, 6): at the step of the loss
down = {name: last[name][:, ::-1] for name in ("plain RNN", "LSTM")}
plots.gradient_norms(down, models=["simple", "lstm"], xlabel="layers below the loss",
                     ylabel="length of the gradient, top: 1",
                     title="Down a stack, at the last step: LSTMs lose more (5 nets each)")
claim("At the last step six LSTM layers leave less than a hundredth to the lowest", last["LSTM"][:, 0].max() < 0.01,
      f"{last['LSTM'][:, 0].min():.0e} to {last['LSTM'][:, 0].max():.0e}")
in_plain = last["plain RNN"][:, 0]                                 # (5,)
claim("Six plain layers leave more than twenty times as much", in_plain.min() > 20 * last["LSTM"][:, 0].max(),
      f"{in_plain.min():.2f} to {in_plain.max():.2f}")

# %% [markdown]
# The gates that protect the road through time stand in the way down. From an LSTM layer's output to its input it goes through the output gate and the input gate, both near $\sigma(0) = 1/2$, and through
# a kernel that Glorot's rule draws for $32 + 4 \cdot 32$ connections, with which a row of 32 keeps about $\sqrt{2 \cdot 32/160} = 0.63$ of its length. Together: $0.5 \cdot 0.5 \cdot 0.63 = 0.16$ a layer. A plain layer has no gate, and its kernel is drawn for
# $32 + 32$ connections: $\sqrt{2 \cdot 32/64} = 1$. Only the slope of tanh is left to lose. Measured:

# %%
per_layer, per_plain = ((last[name][:, 0] / last[name][:, -1]) ** (1 / 5) for name in ("LSTM", "plain RNN"))       # (5,) each
claim("A layer of the LSTM stack leaves between 0.1 and 0.25", per_layer.min() > 0.1 and per_layer.max() < 0.25,
      f"{per_layer.mean():.2f} a layer")
claim("A layer of the plain stack leaves more than half", per_plain.min() > 0.5, f"{per_plain.mean():.2f} a layer")

# %% [markdown]
# ### A road beside the gates
# What saved the gradient through time was an addition: $c_t = f_t \odot c_{t-1} + \dots$ The same can be done through layers. A **residual connection** (He et al. 2016) adds what a layer says to what it read,
#
# $$r_t^{(l)} = r_t^{(l-1)} + h_t^{(l)}, \qquad \frac{\partial r_t^{(l)}}{\partial r_t^{(l-1)}} = I + \frac{\partial h_t^{(l)}}{\partial r_t^{(l-1)}},$$
#
# where layer $l$ reads $r^{(l-1)}$, and $r^{(1)} = h^{(1)}$. Stacks of LSTMs have been trained like this for paraphrases (Prakash et al. 2016) and for translation (Wu et al. 2016). **Before you look:** what will the maps look
# like? A column is a step, a row a layer.

# %%
figure, panel = plt.subplots(1, 2, figsize=(7.6, 3.4))
for ax, name in zip(panel, ("LSTM", "LSTM, residual"), strict=True):
    typical = np.log10(np.median(maps[name], axis=0))[::-1]        # (6, 20), top layer first
    image = ax.imshow(typical, cmap="viridis", vmin=-4, vmax=0.5, aspect="auto", extent=(0.5, 20.5, 0.5, 6.5))
    ax.set(title=name, xlabel="step t", ylabel="layer")
    ax.grid(False)
figure.colorbar(image, ax=panel, label="power of ten of ‖dL/dh‖")
plt.show()
lowest = last["LSTM, residual"][:, 0]                              # (5,)
claim("With residual connections more than half reaches the lowest layer at the last step", lowest.min() > 0.5,
      f"{lowest.min():.2f} to {lowest.max():.2f}")
early = np.median(maps["LSTM, residual"][:, 0, 0] / lowest)
claim("They do not help through time: the first step of the lowest layer still gets less than a tenth of its last",
      early < 0.1, f"{early:.1e} of it")
detour = last["LSTM"][:, 0] / maps["LSTM"][:, 0].max(axis=1)       # (5,)
claim("Without them the lowest layer's last step gets less than a tenth of what one of its earlier steps gets",
      detour.max() < 0.1, f"at most {detour.max():.3f}")

# %% [markdown]
# In the left map the brightest place of the lowest row is not the last step. To the last step there is one road, straight down. To earlier ones there are many, each another order of steps to the left and steps down,
# and what they bring adds up. To the left both maps fade, as one LSTM does with Keras' forget bias of 1 (lesson 12): a residual connection is a road through
# depth, not through time. So much for the start. What does a stack *learn*?
#
# ## What one step has to do
# We want a task where we know what depth could be for. The **Hénon map** (Hénon 1976) makes a series in which each value follows from the last two:
#
# $$x_{t+1} = 1 - 1.4\, x_t^2 + 0.3\, x_{t-1} .$$
#
# One step folds: after the same $x_{t-1}$ two different $x_t$ lead to the same $x_{t+1}$. To forecast four steps ahead, at every step, is to fold four times, one fold after the other. No memory to speak of is needed: two
# values are all there is to know.

# %%
(x_map, y_map), (x_map_new, y_map_new) = henon(10_000, seed=0), henon(1000, seed=1)     # (n, 12, 1), variance 1
_, y_one = henon(10_000, seed=0, ahead=1)
figure, panel = plt.subplots(1, 2, figsize=(7.4, 3.2), sharey=True)
for ax, (later, title) in zip(panel, ((y_one, "One step ahead"), (y_map, "Four steps ahead")), strict=True):
    ax.plot(x_map[:1500, 5, 0], later[:1500, 5, 0], ".", color=plots.PALETTE["simple"], markersize=2)
    ax.set(title=title, xlabel="value now")
panel[0].set_ylabel("value later")
plt.show()

# %% [markdown]
# A layer can make many folds at once, side by side, if it is wide. A stack can make them one after the other. Which is the better use of the same weights? More layers are more weights, so a comparison
# at equal width proves nothing about depth. We give every stack at most the weights of one layer of 32 units, its read-out included:

# %%
def stack(depth, units, residual=False):
    inputs = keras.Input((12, 1))
    h = keras.layers.LSTM(units, return_sequences=True)(inputs)    # (B, T, H)
    for _ in range(depth - 1):
        above = keras.layers.LSTM(units, return_sequences=True)(h)
        h = keras.layers.Add()([h, above]) if residual else above
    return keras.Model(inputs, keras.layers.Dense(1)(h))           # (B, T, 1)


sizes = {1: 32, 2: 18, 3: 14, 6: 9}                                # layers: units of each
weights = {depth: stack(depth, units).count_params() for depth, units in sizes.items()}
print(weights)

# %% [markdown]
# A second layer of $H$ units costs $4(2H^2 + H)$ weights. It also costs time of another kind: layer 2 can start on step $t$ only when layer 1 has finished it, so that $L$ layers and $T$ steps take $T + L - 1$ steps
# one after the other on a machine with room for all layers at once, and $T \cdot L$ on one without.
#
# Every stack was trained five times for 1,500 updates, and for each of three learning rates, by `make experiments`: a rate that suits one depth need not suit another. The first two answers of a series do not
# count. A forecast of the mean has an error of 1. In the figure, *plain* layers replace what they read, *residual* ones add to it; a cell says the median error of five runs, and how many of them are below 0.002.
#
# **Before you look:** will three layers of 14 do better than one of 32, or worse? Where will residual connections help?

# %%
table = measure.results("henon_by_depth")                          # depth, learning_rate, seed, plain, residual
rates, ways = (0.01, 0.03, 0.06), ("plain", "residual")
runs = dict(list(table.groupby(["learning_rate", "depth"])))
mse = np.array([[[runs[rate, depth][how] for depth in sizes] for rate in rates] for how in ways])    # (2, 3, 4, 5 seeds)
plots.solved(np.moveaxis(mse.reshape(6, 4, 5), -1, 0), rows=[f"{how}, {rate:g}" for how in ways for rate in rates],
             columns=[f"{depth} × {units}" for depth, units in sizes.items()], threshold=0.002, form="{:.4f}",
             ylabel="layers, learning rate", xlabel="layers × units",
             title="At equal weights depth helps; six layers have to add")
plt.show()

# %%
median = np.median(mse, axis=-1)                                   # (2 ways, 3 rates, 4 depths)
plain, added = median
best = median.min(axis=1)                                          # (2 ways, 4 depths): at the best of three rates
claim("At every rate two layers make less error than one, either way", (median[:, :, 1] < median[:, :, 0]).all(),
      f"at 0.01 {plain[0, 0]:.4f} → {plain[0, 1]:.4f} and {added[0, 1]:.4f}")
claim("Each at the best of three rates, two and three layers make less than half of the error of one",
      best[:, 1:3].max() < best[0, 0] / 2,
      f"{best[0, 0]:.4f}; two {best[0, 1]:.4f} and {best[1, 1]:.4f}, three {best[0, 2]:.4f} and {best[1, 2]:.4f}")
claim("Six layers with residual connections make less than a fifth of it", best[1, 3] < best[0, 0] / 5,
      f"{best[1, 3]:.4f}")
claim("At every rate six layers with residual connections make less than a third of the error of six without",
      (added[:, 3] < plain[:, 3] / 3).all(), f"at the best {best[1, 3]:.4f} and {best[0, 3]:.4f}")

# %%
claim("At the lowest rate two or three layers are better without them, at the other two with them",
      (plain[0, 1:3] < added[0, 1:3] / 1.5).all() and (added[1:, 1:3] < plain[1:, 1:3]).all(),
      f"three layers {plain[0, 2]:.4f} and {added[0, 2]:.4f}, at 0.06 {plain[2, 2]:.4f} and {added[2, 2]:.4f}")
claim("A better rate alone divides the error of one layer by more than five", plain[:, 0].max() > 5 * best[0, 0],
      f"{plain[:, 0].max():.4f} → {best[0, 0]:.4f}")
claim("At 0.01 three plain layers make a tenth of the error of one, each at the best of three rates over a fifth",
      plain[0, 2] < plain[0, 0] / 10 and best[0, 2] > best[0, 0] / 5,
      f"{plain[0, 0]:.4f} → {plain[0, 2]:.4f}, at the best rates {best[0, 0]:.4f} → {best[0, 2]:.4f}")

# %%
from scipy.spatial import cKDTree

spot = measure.spot_check("henon_by_depth", "plain", log=True, where={"depth": (1,), "learning_rate": (0.01, 0.03)})
claim("A cell of the table, measured again now, falls where the kept runs say", spot.agrees, str(spot))
faster = measure.EXPERIMENTS["henon_by_depth"].measure({"depth": 1, "learning_rate": 0.1}, seeds=[seed])["plain"][0]
claim("One layer at a still higher rate, trained now, does not reach the median of three layers", faster > best[0, 2],
      f"{faster:.4f}, three layers {best[0, 2]:.4f}")
pairs, pairs_new = (np.concatenate([x[:, 1:-1], x[:, 2:]], axis=-1).reshape(-1, 2) for x in (x_map, x_map_new))
nearest = cKDTree(pairs).query(pairs_new)[1]                       # (10000,): the nearest of 100,000 remembered pairs
looked_up = float(np.mean((y_map[:, 2:].ravel()[nearest] - y_map_new[:, 2:].ravel()) ** 2))
claim("Who looks up the nearest of 100,000 remembered pairs makes less error than any of these nets",
      looked_up < mse.min(), f"MSE {looked_up:.5f}, best net {mse.min():.5f}")

# %% [markdown]
# Depth helps here, although it costs no weight. Mind how it was found, though. From the runs at 0.01 alone we would have said that three layers are ten times better than one, and that up to three layers residual connections do harm. Much of
# the one and all of the other was the rate. A comparison in which only your favourite is tuned is worth nothing. And three rates are few: most stacks did best at the highest, and one layer did better still at 0.1, though not as well as three.
#
# At six layers the residual connections decide, at every rate. The gradient map had said so. It had not said that two and three layers learn well without the addition: a map of untrained nets is a warning, no verdict, as in lesson 05.
#
# And do not take a network for the best forecast here. Somebody who knows that two values are enough, and keeps 100,000 pairs of them, needs none. The map is here because we know what it asks for: folds, one after the other,
# within a step. Where a step is simple, there may be nothing for a second layer to do. In speech and in translation deep stacks won (Graves, Mohamed & Hinton 2013; Wu et al. 2016). So try two or three layers at equal weights, each with
# a rate of its own, and believe the validation error.

# %% [markdown]
# ## A state that is too small
# The other way to grow is a larger state. Too small a state cannot do some tasks, and sometimes one can *count* from where on. A GRU reads 8 bits, one at a step. Then it shall repeat all eight: eight outputs, each the
# sign of a weighted sum of the state.
#
# A state is made of real numbers, so why should not two of them hold 256 strings? They could. But they have to be *read*. Each weighted sum, with its bias, is 0 along a line, and eight lines cut a plane into at most $1 + 8 + 28 = 37$ regions.
# Within a region all eight answers are the same. So no more than 37 of the 256 strings can ever come out right. With $H$ numbers and $k$ bits it is
#
# $$\sum_{i=0}^{\min(H, k)} \binom{k}{i} \text{ strings of } 2^k,$$
#
# all of them from $H = k$ on (Schläfli counted such regions in the nineteenth century, Cover 1965 for units with a threshold). The count holds for a linear read-out; layers between the state and the answers could read more. **Before you look:** the bound for 6 units is 247 of 256. How many will a trained GRU with 6 units get?

# %%
bits = measure.results("bits_by_units")                            # units, seed, strings, bits
held = {units: trained["strings"].to_numpy() for units, trained in bits.groupby("units")}             # (5,) each
bound = {units: most_strings(units) for units in held}
right = {"trained, median of 5": [np.median(strings) for strings in held.values()],
         "cannot be exceeded": list(bound.values())}
plots.lines(list(held), right, models=["gru", "truth"], marker="o", xlabel="units",
            ylabel="share of all strings right", title="Eight bits: from eight units on, all strings")
plt.show()
claim("No GRU repeats more strings than can be read off its state",
      all(strings.max() <= bound[units] for units, strings in held.items()),
      f"4 units: {held[4].max():.2f}, bound {bound[4]:.2f}")
claim("With 8 units or 12 every GRU repeats every string", min(held[8].min(), held[12].min()) == 1, "10 of 10")
claim("With 6 none does, although every string was trained on", held[6].max() < 0.95,
      f"{held[6].min():.2f} to {held[6].max():.2f}")
spot = measure.spot_check("bits_by_units", "bits", where={"units": (2, 4, 6)})
claim("A cell of this table, measured again now, falls where the kept runs say", spot.agrees, str(spot))

# %% [markdown]
# What the GRU learns stays below what geometry allows, and at the size where geometry allows everything it learns everything. Real tasks seldom tell you such a number. But the question is the same: how many things that
# do not depend on each other must the state hold at one time?
#
# ## A state that is too large
# Sunspots: one number a year since 1700, in cycles of about 11 years. A `SimpleRNN` reads 11 years and forecasts the next one, trained on the first 70 % of the record: 205 windows. That is little, as real records
# often are. Beside it a line through the same 11 years: linear regression, 12 numbers.
#
# **Before you look:** 256 units have 66,000 weights, for 205 windows. What will they do to the error on the years trained on, and on later years?

# %%
from sklearn.linear_model import LinearRegression

(x_sun, y_sun), (x_later, y_later), deviation = sunspot_windows()  # (205, 11, 1), (205, 1); (93, 11, 1), (93, 1)
line = LinearRegression().fit(x_sun[..., 0], y_sun)
by_line = {name: deviation * np.sqrt(np.mean((line.predict(x[..., 0]) - y) ** 2))
           for name, x, y in (("train", x_sun, y_sun), ("later", x_later, y_later))}
naive = deviation * np.sqrt(np.mean((x_later[:, -1] - y_later) ** 2))

# %%
sun = measure.results("sunspots_by_units").query("updates == 3000")                     # units, seed, train, later
errors = {name: np.array([nets[name] for _, nets in sun.groupby("units")]) for name in ("train", "later")}   # (5 sizes, 5)
state_sizes = sorted(sun["units"].unique())
curves = {"years trained on": errors["train"].mean(axis=1), "later years": errors["later"].mean(axis=1)}
ax = plots.lines(state_sizes, curves, models=["baseline", "simple"], log="x", marker="o",
                 xlabel="units of the SimpleRNN (dashed: linear regression, later years)",
                 ylabel="RMSE (sunspot number)", title="The error on known years falls with size, on later years not")
ax.axhline(by_line["later"], color=plots.PALETTE["dense"], linestyle="--")
ax.set_xticks(state_sizes, state_sizes)
ax.minorticks_off()
plt.show()

# %%
mean_train, mean_later = curves.values()                           # (5,) each: units 2, 4, 16, 64, 256
claim("From 2 units to 64 the error on the years trained on falls tenfold or more", mean_train[3] < mean_train[0] / 10,
      f"{mean_train[0]:.1f} → {mean_train[3]:.1f}")
claim("On later years 64 units are worse than 4, in the mean of five and each of the five",
      mean_later[3] > 1.05 * mean_later[1] and errors["later"][3].min() > errors["later"][1].max(),
      f"{mean_later[1]:.1f} and {mean_later[3]:.1f}")
claim("2 units are worse than 4 on both", mean_later[0] > 1.05 * mean_later[1] and mean_train[0] > mean_train[1],
      f"later years {mean_later[0]:.1f} and {mean_later[1]:.1f}")
claim("Each of the five with 256 units forecasts later years better than each with 64, with a training error below 3",
      errors["later"][4].max() < errors["later"][3].min() and errors["train"][4].max() < 3,
      f"{mean_later[4]:.1f} and {mean_later[3]:.1f}")
spot = measure.spot_check("sunspots_by_units", "later", log=True, where={"updates": (500,), "units": (4, 16)})
claim("A cell of the sunspot table, measured again now, falls where the kept runs say", spot.agrees, str(spot))

# %% [markdown]
# 64 units know every year that they were trained on by heart and forecast later years worse than 4 units do. That is **overfitting**. Look at its price, too: small beside the gap between the two curves. And 256 units, which know
# the years by heart as well, are back near 4 units. So size alone does not decide (others have seen errors fall again with size: Belkin et al. 2019), nor does a small training error. The table also has nets that were stopped after 500
# updates:

# %%
later_means = measure.results("sunspots_by_units").groupby(["updates", "units"])["later"].mean()
early_stop = later_means[500]                                      # by units
claim("Stopped after 500 updates 64 units do better on later years than after 3,000",
      early_stop[64] < 0.95 * mean_later[3], f"{early_stop[64]:.1f}, {mean_later[3]:.1f} after 3,000")
claim("After 500 updates the smallest state is the worst", early_stop.idxmax() == 2,
      f"2 units {early_stop[2]:.1f}, 64 units {early_stop[64]:.1f}")
claim("No size is better than the line in the mean of five, stopped after 500 updates or not",
      later_means.min() > by_line["later"], f"best {later_means.min():.1f}, line {by_line['later']:.1f}, no change {naive:.1f}")

# %% [markdown]
# A large state needs fewer updates, and somebody who stops it in time. The 500 stood in the plan and were not looked up on the later years: who looks there must report other years. How to stop, and what else holds a large network
# back, is lesson 15. And keep the dashed line: no size in this table is a reason to give up 12 numbers that one can read.

# %% [markdown]
# ## Both ways
# The third way to grow is a second direction (Schuster & Paliwal 1997): one network reads from the left, another one from the right, and the answer is read from both states. Lesson 10 used it to tag. Here is where the future helps in general: when
# the answer is *about* a step and more is known about that step later. A pendulum swings, we see its angle with noise of 0.5 rad, and want to know where it was.
#
# The forward GRU has 24 units, the bidirectional one 16 in each direction: fewer weights. And two linear regressions, on all observations up to the step, and on all thirty.
#
# **Before you run it:** at which steps will the second direction help most, and at which not at all?

# %%
swing = datasets.pendulum(examples=3000, steps=30, seed=seed)
angle, angle_new = swing.train[1][..., :1], swing.test[1][..., :1] # (2100, 30, 1), (450, 30, 1) in rad
seen, seen_new = (part + rng.normal(0, 0.5, part.shape).astype("float32") for part in (angle, angle_new))


def train(net, x, y, updates, batch_size, label):
    adam = keras.optimizers.Adam(0.01, global_clipnorm=1.0)
    measure.train_replicas([net], x, y, seeds=[seed], loss="mse", optimizer=adam, updates=updates,
                           batch_size=batch_size, label=label)
    return net


one_way = models.many_to_many(features=1, outputs=1, cell="gru", units=24, mask_zero=False)
two_ways = models.many_to_many(features=1, outputs=1, cell="gru", units=16, bidirectional=True, mask_zero=False)
print(one_way.count_params(), two_ways.count_params())
says = {"forward GRU": np.array(train(one_way, seen, angle, 400, 64, "forward")(seen_new)),
        "both ways": np.array(train(two_ways, seen, angle, 400, 64, "both ways")(seen_new))}       # (450, 30, 1) each

# %%
def regression(until):
    """For each step a weighted sum of the observations up to until(t), by least squares: (450, 30, 1)."""
    fits = [np.linalg.lstsq(seen[:, : until(t), 0], angle[:, t], rcond=None)[0] for t in range(30)]
    return np.stack([seen_new[:, : until(t), 0] @ fit for t, fit in enumerate(fits)], axis=1)


says |= {"line, up to t": regression(lambda t: t + 1), "line, all steps": regression(lambda t: 30)}
rms = {name: np.sqrt(np.mean((answer - angle_new) ** 2, axis=(0, 2))) for name, answer in says.items()}      # (30,) each
ax = plots.lines(np.arange(1, 31), rms, models=["gru", "conv", "dense", "baseline"], xlabel="step t",
                 ylabel="RMS error (rad); noise: 0.5", title="What comes later helps with what was early")
ax.set_ylim(0, None)
plt.show()

# %%
forward, both, all_steps = rms["forward GRU"], rms["both ways"], rms["line, all steps"]             # (30,) each
claim("At the first step both ways make less than two thirds of the error", both[0] < forward[0] * 2 / 3,
      f"{forward[0]:.2f} → {both[0]:.2f} rad")
claim("At the last step the second direction is no help", both[-1] > 0.9 * forward[-1],
      f"{forward[-1]:.2f} and {both[-1]:.2f} rad")
claim("Over all steps both ways make a fifth less error, with fewer weights", both.mean() < 0.8 * forward.mean(),
      f"{forward.mean():.3f} → {both.mean():.3f} rad")
claim("The line that sees all steps is less than 15 % away from them", abs(all_steps.mean() / both.mean() - 1) < 0.15,
      f"{all_steps.mean():.3f} rad")
to_see, to_read = rms["line, up to t"].mean() - all_steps.mean(), all_steps.mean() - both.mean()
claim("The later steps help the line more than three times as much as the network then helps", to_see > 3 * to_read,
      f"{to_see:.3f} and {to_read:.3f} rad")

# %% [markdown]
# At the last step there is no future, and both know the same. (Engineers call the forward job *filtering* and the other one *smoothing*.) The price: nothing can be said before the end. And a line with thirty weights, chosen anew for
# every step, does nearly as well as the network here: most of what helps is to *see* the later steps, not how one reads them.
#
# ### A forecast that is too good
# Now the same with sunspots, and a mistake. A network reads 22 years and shall forecast the next one *at every step*: more targets from the same record, a good idea. Someone makes it bidirectional: better still?
#
# **Before you run it:** linear regression is wrong by about 18. What will both ways be wrong by?

# %%
values = datasets.sunspots().series.to_numpy()
scaled = (values - values[:216].mean()) / deviation                # by the 216 years of training


def every_step(record):
    x, y_next = datasets.windows(record, 22)                       # (n, 22, 1), (n, 1)
    return x, np.concatenate([x[:, 1:], y_next[:, np.newaxis]], axis=1)                 # y (n, 22, 1): the next year


# %%
(x_year, y_year), (x_year_new, y_year_new) = every_step(scaled[:216]), every_step(scaled[216 - 22 :])
small_net = {"features": 1, "outputs": 1, "cell": "simple", "units": 16, "mask_zero": False}
forecasters = {"forward": models.many_to_many(**small_net), "both ways": models.many_to_many(**small_net, bidirectional=True)}
wrong = {}
for name, net in forecasters.items():
    forecast = np.array(train(net, x_year, y_year, 300, 32, name)(x_year_new))          # (93, 22, 1)
    squares = (forecast - y_year_new)[..., 0] ** 2                 # (93 windows, 22 steps)
    wrong[name] = deviation * np.sqrt(squares.mean(axis=0))        # (22,)
too_good = deviation * np.sqrt(squares[21:, :-1].mean())           # both ways; from window 21 on all targets are later years
claim("Both ways it is wrong by less than two thirds of what the line is, at all steps but the last",
      too_good < by_line["later"] * 2 / 3, f"{too_good:.1f} against {by_line['later']:.1f} sunspots")

# %% [markdown]
# About half the error of a line with 12 weights, from the same record: that is no triumph, that is an alarm. **A number that is too good is a reason to test.** The test is lesson 03's nudge: change the future, and see whether
# an answer about the past moves. We change one year at a time and draw which answers move (the brighter, the more).

# %%
def moves(net, x):
    """How far each answer moves when one step is nudged: (T nudged, T answers), largest over the batch."""
    n, T = x.shape[:2]
    nudged = np.tile(x, (T + 1, 1, 1, 1))                          # (T + 1, n, T, 1); the last copy stays as it is
    nudged[range(T), :, range(T)] += 0.01                          # in copy t step t alone
    answers = np.array(net(nudged.reshape(-1, T, 1))).reshape(T + 1, n, T)
    return np.abs(answers[:-1] - answers[-1]).max(axis=1)


# %%
moved = {name: moves(net, x_year_new[:8]) for name, net in forecasters.items()}         # (22, 22) each
figure, panel = plt.subplots(1, 2, figsize=(7.4, 3.6))
for ax, (name, matrix) in zip(panel, moved.items(), strict=True):
    plots.heat(matrix, title=f"{name.capitalize()} (line: same step)", xlabel="answer at step", ax=ax)
    ax.plot([-0.5, 21.5], [-0.5, 21.5], color="white", linewidth=1)
panel[0].set_ylabel("nudged step")
plt.show()
ahead = {name: np.tril(matrix, -1).max() for name, matrix in moved.items()}             # nudged step after the answer's
claim("Forward, no answer moves with a later step", ahead["forward"] == 0, f"{ahead['forward']:.0e}")
claim("Both ways, answers move with the step that they are to forecast", ahead["both ways"] > 1e-3,
      f"by {ahead['both ways']:.0e}, nudge 0.01")
share = np.diag(moved["both ways"], -1).mean() / moved["both ways"].sum(axis=0)[:-1].mean()
claim("More than a quarter of all that moves an answer is the year asked for itself", share > 1 / 4, f"{share:.0%}")

# %% [markdown]
# The bright line beside the diagonal is the answer, copied from the input. The last answer has nothing to copy from: its year lies behind the window. That is the only step that counts when you forecast, so look at the error there.
#
# And a window may be read both ways, if *all* of it is past and the target lies behind it: one answer a window, `models.many_to_one`.

# %%
inside = models.many_to_one(**small_net, bidirectional=True)
y_end = y_year[:, -1]                                              # (194, 1): the year after each window
says_inside = np.array(train(inside, x_year, y_end, 300, 32, "within the window")(x_year_new))       # (93, 1)
rmse_inside = deviation * np.sqrt(np.mean((says_inside - y_year_new[:, -1]) ** 2))
bars = {"line, 11 years": by_line["later"], "forward, last step": wrong["forward"][-1],
        "both ways, other steps": too_good, "both ways, last step": wrong["both ways"][-1],
        "both ways within the window": rmse_inside, "no change": naive}
plots.bars(bars, models=["dense", "simple", "faint", "simple", "simple", "baseline"], form="{:.1f}",
           xlabel="RMSE on later years (sunspot number)", title="The leak is worth nothing where it is needed")
plt.show()
leaking, honest = wrong["both ways"][-1], wrong["forward"][-1]
claim("Where the year is not in the window the leaking net is worse than the forward one", leaking > 1.1 * honest,
      f"{leaking:.1f} against {honest:.1f}")
claim("Read both ways within the window it is clean, and no better than the line", rmse_inside > by_line["later"],
      f"{rmse_inside:.1f} against {by_line['later']:.1f}")

# %% [markdown]
# So the rule is not "never bidirectional with time series". It is: whatever a network may read at a step must be known when its answer is due. A reader of the whole window is honest about what comes after the window, and about nothing
# within it. The same holds for anything that looks to both sides: centred averages, filled gaps, a scaler fitted on all data (lesson 01), attention without a mask (lesson 17).

# %% [markdown]
# ## Try it
# Copy 1 and 2 into a new cell below and change them there; 3 is a change above.
#
# 1. GRUs upon each other: `stack_gradients(scratch.GRU, 0)[:, -1]`. Between plain RNN and LSTM, or not?
# 2. Twelve layers: `stack_gradients(scratch.SimpleRNN, 0, depth=12)[:, [0, -1]]`, with `residual=True` and without.
# 3. More noise: put 1.0 for 0.5 where `seen` is made, and run the section again. Who gains, both ways or the line?
# 4. Move the slider: which answers move when one year is nudged, forward and both ways?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def look(nudge):
    _, panel = plt.subplots(1, 2, figsize=(7.4, 3.0), sharey=True)
    for ax, (name, matrix) in zip(panel, moved.items(), strict=True):
        plots.stems(matrix[nudge - 1], highlight=nudge, xlabel="answer at step", ylabel="moves by",
                    title=name.capitalize(), ax=ax)
    plt.show()


_ = ipywidgets.interact(look, nudge=ipywidgets.IntSlider(12, min=1, max=22, continuous_update=False))

# %%
reach = np.arange(-21, 22)                                         # nudged step minus the answer's
mean_move = {name: [np.diag(matrix.T, k).mean() for k in reach] for name, matrix in moved.items()}
ax = plots.lines(reach, mean_move, models=["simple", "conv"], ylabel="answer moves by, mean",
                 xlabel="nudged step, counted from the answer's (right: later)",
                 title="Forward, nothing moves from the right")
plt.show()
claim("Both ways, the step right after the answer's moves it most", reach[np.argmax(mean_move["both ways"])] == 1,
      f"by {max(mean_move['both ways']):.4f}, nudge 0.01")

# %% [markdown]
# ## Check yourself
#
# **1. You want to know whether depth helps. You compare one LSTM layer of 64 with three of 64, at one learning rate. What is wrong with that?**
# <details><summary>Nothing, if the three do better on new data.</summary>
#
# Three layers of 64 have about five times the weights of one (of few features). One wider layer might have done as well.
# </details>
# <details><summary>Weights and rate: both should be fair to both.</summary>
#
# Yes. One layer of our table gained more than a factor of five from a better rate.
# </details>
# <details><summary>It should be many more than three layers.</summary>
#
# In our table two and three were enough to see a difference, and six without residual connections were worse than three.
# </details>
#
# **2. An LSTM whose forget gates are open keeps the gradient for a hundred steps. Why does a stack of six lose it at one step?**
# <details><summary>The forget gate stands between layers, too.</summary>
#
# It stands between two steps of one layer. Down to the input the way leads through output gate, input gate and kernel.
# </details>
# <details><summary>Down a stack there is no sum, and each layer multiplies by gates and a kernel.</summary>
#
# Yes, by about 0.16. The addition of the cell state is along time. A residual connection is the same idea along depth.
# </details>
# <details><summary>tanh is flat.</summary>
#
# Plain RNNs have the same tanh and lose far less per layer. It is the gates, and the smaller kernel.
# </details>
#
# **3. A state of 3 units, a linear read-out, 4 independent bits to repeat. How many of the 16 strings at most?**
# <details><summary>16: real numbers can hold any number of bits.</summary>
#
# They can be held. Four weighted sums of three numbers cannot take all combinations of signs.
# </details>
# <details><summary>8: a bit a unit.</summary>
#
# More: 1 + 4 + 6 + 4. A unit is not a bit.
# </details>
# <details><summary>15.</summary>
#
# Yes: 1 + 4 + 6 + 4.
# </details>
#
# **4. Training error falls with every doubling of the state, validation error does not. What do you do?**
# <details><summary>Take the largest state, since its training error is the smallest.</summary>
#
# It has learned the record. 64 units had nearly no error on the years trained on, and more than 4 units on later ones.
# </details>
# <details><summary>Try smaller states, stop earlier, and look at a simple baseline.</summary>
#
# Yes. On sunspots twelve numbers did as well as any state.
# </details>
# <details><summary>Add layers.</summary>
#
# Whatever fits the training data better, it is not what is missing.
# </details>
#
# **5. Which of these may be bidirectional?**
# <details><summary>A model that says at every minute what the price will be a minute later.</summary>
#
# Its input at the next minute is the answer. It would copy.
# </details>
# <details><summary>A model that reads the last hour and says what the price will be in a minute.</summary>
#
# Yes. Everything in the window is known, and the target lies behind it.
# </details>
# <details><summary>A tagger for subtitles that have to appear while somebody speaks.</summary>
#
# It would have to wait for the end. A short wait is a compromise (lesson 10).
# </details>

# %% [markdown]
# ## Take-aways
# - Down a stack of LSTMs the gradient vanishes by gates and kernels, layer by layer; a residual connection is a road beside them. *(claims: "At the last step six LSTM
#   layers …", "A layer of the LSTM stack …", "With residual connections more than half …")*
# - Where a step is hard, two and three layers were better than one at equal weights, each at the best of three rates; six needed residual connections, and were better still with them. *(claims: "Each at the best of three rates …", "Six
#   layers with …", "At every rate six layers …")*
# - A rate that suits one depth need not suit another. *(claims: "A better rate alone …", "At the lowest rate …")*
# - Some states are too small for a linear read-out, and one can count from where on. *(claims: "No GRU repeats more strings …", "With 8 units or 12 …")*
# - A larger state learns the record by heart; what it costs on new data has to be measured. *(claims: "From 2 units to 64 …", "On later years 64 units …", "Each of the five with 256 units …", "Stopped after 500
#   updates …", "No size is better …")*
# - A second direction helps where more is known later, and not at the last step. *(claims: "At the first step both ways …", "At the last step the second direction …")*
# - A forecast that reads its own answer is too good. Nudge the future. *(claims: "Both ways it is wrong by less than two thirds …", "Both ways, answers move …", "Where the year is not in the window …")*
#
# **Exercises.** [Exercises 14](exercises/14_deeper_wider_both_ways.ipynb): find the leak in a forecaster, count the weights of a stack, read both ways over padded sequences. The notebook says how many minutes each takes.
#
# ## Read on
# - M. Schuster and K. K. Paliwal, *Bidirectional recurrent neural networks*, IEEE Transactions on Signal Processing 45 (1997): two directions, and what their outputs estimate.
# - A. Graves, A. Mohamed and G. Hinton, *Speech recognition with deep recurrent neural networks*, ICASSP 2013: depth and both directions on speech, with the two told apart.
# - K. He, X. Zhang, S. Ren and J. Sun, *Deep residual learning for image recognition*, CVPR 2016: the addition, and networks of a hundred layers and more.
# - Y. Wu and others, *Google's neural machine translation system* (2016): eight layers of LSTMs, and why they needed residual connections; A. Prakash and others, *Neural paraphrase generation with stacked
#   residual LSTM networks*, COLING 2016.
# - T. M. Cover, *Geometrical and statistical properties of systems of linear inequalities with applications in pattern recognition*, IEEE Transactions on Electronic Computers 14 (1965): counting regions.
# - M. Belkin, D. Hsu, S. Ma and S. Mandal, *Reconciling modern machine-learning practice and the classical bias–variance trade-off*, PNAS 116 (2019): errors that fall again with size.
