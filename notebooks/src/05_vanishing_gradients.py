# %% [markdown]
# # 05 · Vanishing gradients
#
# **What the network should learn happened sixty steps ago. How much of the error gets there?**
#
# **You will be able to**
# - measure how the gradient of any recurrent network shrinks or grows with the lag;
# - derive the bound $(\gamma\sigma_1)^k$, and say what it promises and what it does not;
# - tell the largest singular value of a kernel from its spectral radius, and know which of them decides when;
# - say which long lags a plain RNN learns, from which first weights, and why a small gradient is not always the end.
#
# **You need** [lesson 04](04_backpropagation_through_time.ipynb), and that a matrix has eigenvalues. *{{minutes}} minutes to read, about
# {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, measure, plots, scratch
from rnncourse.measure import claim
import keras
import matplotlib.pyplot as plt
import numpy as np

plots.use_style()
seed = rnncourse.seed()
rng = np.random.default_rng([seed, 5])                             # not the numbers that a cell draws from its seed

# %% [markdown]
# ## Sixty steps back
# Keras' `SimpleRNN` as it comes: tanh, an orthogonal $W_h$ that keeps lengths (lesson 02). It reads 61 steps of 8 features, scaled as
# everybody scales them, to mean 0 and variance 1. The loss is asked once, at the end. `measure.gradient_norms` returns how long $dL/dh_t$ is at
# every step, on average over the batch.
#
# **Before you run it:** let $dL/dh_{61}$ have length 1. How long will $dL/dh_1$ be: about 1, a tenth, a thousandth, a millionth?

# %%
lag, units, features = 60, 64, 8
x = rng.normal(size=(32, lag + 1, features)).astype("float32")     # (B, T, D)
y = rng.normal(size=(32, 1)).astype("float32")
model = keras.Sequential([keras.Input((lag + 1, features)), keras.layers.SimpleRNN(units), keras.layers.Dense(1)])
model.compile(loss="mse")
norms = measure.gradient_norms(model, x, y)                        # (61,): mean of ‖dL/dh_t‖
plots.stems(norms / norms[-1], log=True, highlight=61, xlabel="step t",
            ylabel=r"$\|dL/dh_t\|$, step 61 = 1", title="The loss at step 61 is hardly felt at step 1")
claim("Sixty steps back, less than a ten-thousandth of the gradient is left", norms[0] < 1e-4 * norms[-1],
      f"{norms[0] / norms[-1]:.0e} of it")

# %% [markdown]
# A straight line on a logarithmic axis: with every step back the gradient loses the same *share*. This is the **vanishing gradient**
# (Hochreiter 1991; Bengio, Simard & Frasconi 1994). The orthogonal kernel, which keeps lengths, has not prevented it. To see why, we first check the
# instrument, with lesson 04's own gradients.

# %%
def lengths_back(cell, x, d_last):
    """‖dL/dh_{T−k}‖ for k = 0, 1, 2 …, mean over the batch, when the loss reads h_T alone; d_last is its ∂L/∂h_T."""
    run = scratch.forward(cell, x)
    d_outputs = np.zeros_like(run.outputs)                         # (B, T, H): no loss before the end
    d_outputs[:, -1] = d_last
    d_states = scratch.backward(cell, run, d_outputs).states       # (B, T, H): dL/dh_t
    return np.linalg.norm(d_states, axis=-1).mean(axis=0)[::-1]    # (T,), last step first


*in_cell, W_y, b_y = model.get_weights()
cell = scratch.SimpleRNN(input_dim=features, units=units)
cell.set_weights(in_cell)
error = scratch.forward(cell, x).outputs[:, -1] @ W_y + b_y - y    # (B, 1)
apart = np.abs(lengths_back(cell, x, 2 * error @ W_y.T) / norms[::-1] - 1).max()
claim("The microscope on Keras' layer shows what our backward computes", apart < 1e-4,
      f"largest difference {apart:.0e} of the length")

# %% [markdown]
# ## Sixty factors
# Take one unit, $h_t = \tanh(x_t + w\,h_{t-1})$. One step back multiplies the gradient by $w$ and by the slope of tanh; $k$ steps back
# multiply it by $k$ such factors. If they are all 0.9, sixty of them are $0.9^{60} = 0.002$; if 1.1, they are $1.1^{60} = 304$. A product of sixty
# numbers is hardly ever near 1.
#
# With many units the factors are matrices. Lesson 04's first two lines, without losses on the way:
#
# $$\frac{dL}{dh_{T-k}} = \frac{dL}{dh_T}\;\frac{\partial h_T}{\partial h_{T-1}}\;\frac{\partial h_{T-1}}{\partial h_{T-2}}\cdots
# \frac{\partial h_{T-k+1}}{\partial h_{T-k}}, \qquad \frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}\big(\varphi'(a_t)\big)\, W_h^\top .$$
#
# How long can the row on the left be? A matrix makes a vector at most $\sigma_1$ times as long, its largest **singular value**, and $W_h^\top$ has the same as
# $W_h$. A diagonal matrix of slopes makes it at most $\gamma$ times as long, the largest slope that $\varphi$ has anywhere: 1 for tanh and ReLU, 1/4 for the
# sigmoid. So each factor lengthens by $\gamma\sigma_1$ at most:
#
# $$\left\lVert \frac{dL}{dh_{T-k}} \right\rVert \;\le\; (\gamma\,\sigma_1)^k \left\lVert \frac{dL}{dh_T} \right\rVert .$$
#
# This is Pascanu, Mikolov & Bengio (2013), and says two things:
#
# - $\sigma_1 < 1/\gamma$ is **sufficient to vanish**: whatever the inputs, whatever the loss;
# - $\sigma_1 > 1/\gamma$ is **necessary to explode**, and *not* sufficient: the bound then allows growth, it does not promise any.
#
# (Editions of that paper differ. One says *largest singular value*, an earlier one *largest eigenvalue*. The proof needs the singular value; what eigenvalues
# are good for comes below.)
#
# ### The bound, met
# A bound may be far away. Is this one? We choose inputs so small that tanh is a straight line with slope 1, and orthogonal kernels times
# 0.5, 0.9, 1.0, 1.1. All singular values of such a kernel are that number.
#
# **Before you run it:** where will the four curves lie, compared with their bounds?

# %%
gains, k = (0.5, 0.9, 1.0, 1.1), np.arange(lag + 1)
direction = rng.normal(size=units)
direction /= np.linalg.norm(direction)                             # the loss is h_T · direction: ‖∂L/∂h_T‖ = 1
cells = {f"σ₁ = {gain}": scratch.SimpleRNN(features, units, gain=gain, seed=seed) for gain in gains}
bounds = {name: measure.largest_singular_value(cell.weights[1]) ** k for name, cell in cells.items()}
near_zero = {name: lengths_back(cell, 1e-6 * x, direction) for name, cell in cells.items()}
plots.gradient_norms(near_zero, bounds=bounds, title="Near-zero inputs: the gradient is what the bound allows")
ratios = [near_zero[name] / bounds[name] for name in cells]
claim("No gradient is longer than its bound", max(ratio.max() for ratio in ratios) < 1 + 1e-6,
      f"at most {max(ratio.max() for ratio in ratios):.4f} of it")
claim("With near-zero inputs and orthogonal kernels it is as long as its bound", min(ratio.min() for ratio in ratios) > 0.999,
      f"at least {min(ratio.min() for ratio in ratios):.4f} of it")

# %%
def read_out(y, outputs):
    return outputs[:, 0]                                           # no loss but the number itself: h_T · direction


by_keras = {}
for name, cell in cells.items():
    model.set_weights([*cell.weights, direction[:, np.newaxis], np.zeros(1)])
    by_keras[name] = measure.gradient_norms(model, 1e-6 * x, y, loss=read_out)[::-1]
apart = max(np.abs(by_keras[name] / near_zero[name] - 1).max() for name in cells)
claim("Keras' layer with these kernels gives the same four curves", apart < 1e-4,
      f"largest difference {apart:.0e} of the length")

# %% [markdown]
# The dashed lines are hidden by the curves. (Keras computed in float32, we in float64.) After 60 steps a factor of 0.5 a step has left $10^{-18}$, and 1.1 has made 300.
#
# ## Real inputs
# Now the same four kernels read the inputs of the first section.
#
# **Before you run it:** the bound of $\sigma_1 = 1.1$ is 117 at lag 50. Where will its gradient be?

# %%
real = {name: lengths_back(cell, x, direction) for name, cell in cells.items()}
plots.gradient_norms(real, bounds=bounds, title="Real inputs: all four vanish")
stretched = cells["σ₁ = 1.1"]
slopes = 1 - scratch.forward(stretched, x).outputs ** 2            # (B, T, H): of tanh
claim("With real inputs the gradient of σ₁ = 1.1 vanishes, where the bound allows a hundredfold growth",
      real["σ₁ = 1.1"][50] < 0.01 and bounds["σ₁ = 1.1"][50] > 100,
      f"{real['σ₁ = 1.1'][50]:.0e} at lag 50, bound {bounds['σ₁ = 1.1'][50]:.0f}")
claim("At σ₁ = 1.1 the slopes of tanh more than undo the 1.1", 1.1 * slopes.mean() < 0.9, f"mean slope {slopes.mean():.2f}")

# %% [markdown]
# Nothing has changed but the size of the inputs, so they are the cause. Large inputs push units away from 0, where tanh is
# less steep, and the product of these slopes beats 1.1. (A unit close to ±1, where tanh is flat, is called **saturated**.) That is what "not sufficient" means.
#
# One doubt is left. Perhaps the loss has only looked in an unlucky direction? The **total Jacobian** $dh_T/dh_{T-k}$ answers for
# all losses at once: its singular values say what the luckiest and the unluckiest direction keep. `measure.jacobian_spectrum` computes them
# for one sequence.

# %%
recurrent = keras.layers.SimpleRNN(units, return_sequences=True, dtype="float64")
recurrent.build((None, None, features))
recurrent.set_weights(stretched.weights)
sequence = x[:1].astype("float64")                                 # (1, 61, 8)
spectrum = {name: measure.jacobian_spectrum(recurrent, size * sequence)[::-1]       # (61, 64): lag by lag
            for name, size in (("near-zero inputs", 1e-6), ("real inputs", 1.0))}
ax = plots.gradient_norms({name: values.T for name, values in spectrum.items()}, models=["baseline", "simple"],
                          ylabel=r"singular values of $dh_T/dh_{T-k}$",
                          title="σ₁ = 1.1: no direction survives real inputs")
ax.set_ylim(1e-20, 1e4)
best = spectrum["real inputs"][:, 0]                               # (61,): of the luckiest direction
claim("Even the luckiest direction loses more than nine tenths in 50 steps", best[50] < 0.1, f"{best[50]:.0e} is left")
claim("With near-zero inputs every direction grows alike", np.ptp(spectrum["near-zero inputs"][50]) < 1,
      f"all 64 between {spectrum['near-zero inputs'][50].min():.1f} and {spectrum['near-zero inputs'][50].max():.1f}")

# %% [markdown]
# The band reaches from the luckiest direction to the unluckiest, the line is the median. (Keras' state is a row vector too, and the microscope's Jacobian stands
# transposed to ours, $\Delta h_T = \Delta h_{T-k}\,J$. Singular values do not mind.)
#
# ### What vanishes, and what does not
# Does the network stop learning, then? **Before you run it:** cut the gradient after 20 steps, as in lesson 04. How much of $dL/dW_h$ is lost?

# %%
run = scratch.forward(stretched, x)
d_outputs = np.zeros_like(run.outputs)                             # (B, T, H)
d_outputs[:, -1] = direction
whole = scratch.backward(stretched, run, d_outputs).weights[1]     # (H, H)
cut = scratch.truncated_backward(stretched, run, d_outputs, steps=20).weights[1]
lost = np.linalg.norm(whole - cut) / np.linalg.norm(whole)
claim("The 41 steps before the last 20 add less than a tenth to the gradient of the kernel", lost < 0.1,
      f"{lost:.1%} of its length")

# %% [markdown]
# The gradient of the *weights* is in good health. The weights are shared, so it is a sum over steps, and the near steps fill it. Nothing looks broken: the loss
# falls, the weights move. They only hear nothing of what was long ago. That makes vanishing gradients harder to notice than
# exploding ones, which lesson 06 is about.
#
# ## Eigenvalues are about the long run
# You will often read: "it vanishes if the eigenvalues are below 1". The largest size of an eigenvalue is the **spectral radius** $\rho$. In the long run
# $\lVert W_h^k \rVert$ (the largest singular value of the power) does behave like $\rho^k$. But when does the long run begin? Look at two units, of which one hands five times its value to the other:
#
# $$W_h = \begin{pmatrix} 0.9 & 5 \\ 0 & 0.9 \end{pmatrix}, \qquad W_h^k = 0.9^k \begin{pmatrix} 1 & 5k/0.9 \\ 0 & 1 \end{pmatrix}.$$
#
# Both eigenvalues are 0.9, yet the corner grows to 19 by $k = 9$, before it falls. A matrix whose directions feed each other like that is **non-normal**
# ($W W^\top \ne W^\top W$). A normal one, as an orthogonal kernel times 0.9, has $\sigma_1 = \rho$, and there is no such detour.
#
# We build a large one from 0.9 times an orthogonal kernel: its Schur form, $W = Q\,S\,Q^\top$ with an orthogonal $Q$, has in $S$ a matrix that is zero below
# its (2 × 2) diagonal blocks and has the same eigenvalues. What we add *above* the blocks does not change them either.
#
# **Before you run it:** two kernels with the same eigenvalues, near-zero inputs. Draw both gradients, over lags 0 to 200.

# %%
from scipy.linalg import schur

normal = scratch.SimpleRNN(features, units, gain=0.9, seed=seed)
blocks, turn = schur(normal.weights[1])                            # (64, 64) each: W_h = turn @ blocks @ turnᵀ
handing_on = np.triu(rng.normal(0, 0.3, (units, units)), 2)        # only above the blocks
non_normal = scratch.SimpleRNN(features, units)
non_normal.set_weights([normal.weights[0], turn @ (blocks + handing_on) @ turn.T, normal.weights[2]])
plots.spectrum(non_normal.weights[1], title="Eigenvalues inside the circle, singular values far above 1")
for name, cell in (("normal", normal), ("non-normal", non_normal)):
    radius, sigma = measure.spectral_radius(cell.weights[1]), measure.largest_singular_value(cell.weights[1])
    claim(f"The spectral radius of the {name} kernel is 0.9", abs(radius - 0.9) < 0.01, f"ρ = {radius:.3f}, σ₁ = {sigma:.2f}")

# %%
long_x = 1e-9 * rng.normal(size=(16, 201, features))               # (B, T, D)
both = {name: lengths_back(cell, long_x, direction) for name, cell in (("normal", normal), ("non-normal", non_normal))}
long_k = np.arange(201)
long_bounds = {name: np.minimum(measure.largest_singular_value(cell.weights[1]) ** long_k, 1e5)
               for name, cell in (("normal", normal), ("non-normal", non_normal))}
ax = plots.gradient_norms(both, bounds=long_bounds, title="The same eigenvalues: one grows before it vanishes")
ax.set_ylim(1e-10, 1e4)
peak = both["non-normal"].argmax()
claim("The gradient of the non-normal kernel first grows more than fivefold", both["non-normal"][peak] > 5,
      f"to {both['non-normal'][peak]:.0f} at lag {peak}, where the normal one has {both['normal'][peak]:.0e}")
claim("In the end that gradient vanishes as well", both["non-normal"][200] < 1e-3, f"{both['non-normal'][200]:.0e} at lag 200")

# %% [markdown]
# So $\rho < 1$ says that the gradient of a network with near-zero inputs vanishes in the end, and nothing about the lags that you care for. $\sigma_1$ is
# honest at every lag, but can be far too high (the dashed line leaves the figure). Neither is the gradient. Measure it.

# %% [markdown]
# ## What it does to learning
# Does any of this matter for a task? The **adding problem** of lesson 04 again: sum the two marked numbers, one in each half of the sequence. Length $T$ 20, 40, 80; solved
# means a mean squared error below 0.01. Whoever says always 1 has 1/6 = 0.167. Three first weights: orthogonal with tanh, Glorot with tanh, and the
# identity with ReLU (Le, Jaitly & Hinton 2015), 32 units each.
#
# Training them all takes longer than a lesson. `make experiments` has done it, for two learning rates and 2,000 updates each, and keeps every run.
# **Before you look:** which of the three will solve $T = 80$?

# %%
table = measure.results("adding_by_lag")                           # a row for each run: steps, start, learning_rate, seed, mse
starts, rates, all_T = ("orthogonal tanh", "Glorot tanh", "identity ReLU"), (0.001, 0.003), (20, 40, 80)
runs = {place: group.to_numpy() for place, group in table.groupby(["start", "learning_rate", "steps"])["mse"]}
mse = np.array([[[runs[start, rate, T] for T in all_T] for rate in rates] for start in starts])
rows = [f"{start}, {rate}" for start in starts for rate in rates]  # mse: (3 starts, 2 rates, 3 lengths, runs)
plots.solved(np.moveaxis(mse.reshape(6, 3, -1), -1, 0), rows=rows, columns=[f"T = {T}" for T in all_T], threshold=0.01,
             form="{:.4f}", xlabel="adding problem, median MSE", ylabel="first weights, learning rate",
             title="In 2,000 updates only the identity with ReLU adds at T = 80")
plt.show()

# %%
median = np.median(mse, axis=-1)                                   # (3 starts, 2 rates, 3 lengths)
claim("With tanh, the error grows with T, from either start and at either rate", (np.diff(median[:2], axis=-1) > 0).all(),
      f"orthogonal, 0.003: {median[0, 1, 0]:.3f}, {median[0, 1, 1]:.3f}, {median[0, 1, 2]:.3f}")
claim("At T = 80 the identity with ReLU makes less than a third of the error of any tanh row",
      median[2, :, 2].max() < median[:2, :, 2].min() / 3,
      f"{median[2, 0, 2]:.3f} and {median[2, 1, 2]:.3f}, best tanh {median[:2, :, 2].min():.3f}")
claim("No tanh net has solved T = 80 after 2,000 updates", (mse[:2, :, 2] > 0.01).all(),
      f"best of {mse[:2, :, 2].size}: {np.nanmin(mse[:2, :, 2]):.3f}")
claim("At T = 20 Glorot is no worse than orthogonal", (median[1, :, 0] < 1.5 * median[0, :, 0]).all(),
      f"{median[1, 0, 0]:.3f} and {median[1, 1, 0]:.3f}, orthogonal {median[0, 0, 0]:.3f} and {median[0, 1, 0]:.3f}")

# %% [markdown]
# A table that was measured elsewhere has to be believed, unless one can measure again. This run's seed chooses a cell of a tanh row and starts a fresh
# net for it. The kept runs of that cell say where a new one should fall. (A **prediction interval** is the range in
# which a new run falls 999 times in 1000 if nothing has changed; with few runs it is wide.) A second net has the identity with ReLU, and all else the same.

# %%
spot = measure.spot_check("adding_by_lag", "mse", log=True,
                          where={"steps": (20, 40), "start": starts[:2], "learning_rate": (0.003,)})
claim("A cell of the table, measured again now, falls where the kept runs say", spot.agrees, str(spot))
experiment = measure.EXPERIMENTS["adding_by_lag"]
other = experiment.measure({**spot.cell, "start": "identity ReLU"}, seeds=[spot.seed])["mse"][0]
claim("A fresh net with the identity and ReLU makes the smaller error there", other < spot.value,
      f"MSE {other:.4f}, {spot.cell['start']} {spot.value:.4f}")

# %% [markdown]
# ### Does the gradient say so beforehand?
# Ten untrained nets of each kind read adding sequences of 80 steps.
#
# **Before you run it:** which kind keeps its gradient over 79 steps? And would this figure have told you the table?

# %%
x_add = datasets.adding(steps=80, seed=seed).train[0][:64].astype("float64")        # (B, 80, 2)
kinds = {"orthogonal tanh": {}, "Glorot tanh": {"recurrent_initializer": "glorot_uniform"},
         "identity ReLU": {"recurrent_initializer": "identity", "activation": "relu"}}


def untrained(number, **options):
    cell = scratch.SimpleRNN(2, 32, seed=10 * seed + number, **options)
    lengths = lengths_back(cell, x_add, rng.normal(size=32))       # (80,)
    return lengths / lengths[0]


at_start = {kind: np.array([untrained(number, **how) for number in range(10)]) for kind, how in kinds.items()}
plots.gradient_norms(at_start, models=["simple", "lstm", "gru"], ylabel=r"$\|dL/dh_{T-k}\|$, k = 0: 1",
                     title="Before training: ten nets of each kind (line: median)")
plt.show()

# %%
ends = {kind: curves[:, 79] for kind, curves in at_start.items()}  # (10,) each
claim("Every net with the identity and ReLU keeps more than a fifth of the gradient over 79 steps",
      ends["identity ReLU"].min() > 0.2, f"{ends['identity ReLU'].min():.2f} to {ends['identity ReLU'].max():.2f}")
claim("No orthogonal tanh net keeps a tenth", ends["orthogonal tanh"].max() < 0.1,
      f"at most {ends['orthogonal tanh'].max():.3f}")
claim("Glorot tanh nets differ more than a hundredfold", ends["Glorot tanh"].max() > 100 * ends["Glorot tanh"].min(),
      f"{ends['Glorot tanh'].min():.0e} to {ends['Glorot tanh'].max():.0e}")

# %% [markdown]
# The identity with ReLU passes everything on, apart from units that are off: slope 0 or 1, nothing in between, and $\sigma_1 = 1$. Its row in the table is the best.
# So far so good. But orthogonal tanh nets start much more alike than Glorot nets, and the table hardly tells these rows apart. The gradient of an
# untrained net is a warning, not a verdict. The next task shows how little of a verdict.

# %% [markdown]
# ## A long lag that is easy
# **Recall:** a symbol, one of eight, then 80 fillers; at the end, say the symbol (tasks of this kind are in Hochreiter & Schmidhuber 1997). The fillers are all the same
# *blank*, or they are *distractors*, drawn at random. A guess is right for 1 in 8, and costs $\ln 8 = 2.08$ nats.
#
# **Before you look:** the lag is at least as long as in the last column above. What will a tanh net do?

# %%
recall = measure.results("recall_at_lag_80")                       # filler, start, learning_rate, seed, accuracy, cross_entropy
fillers = ("blank", "distractors")
runs = {place: group.to_numpy() for place, group in recall.groupby(["start", "learning_rate", "filler"])["accuracy"]}
right = np.array([[[runs[start, rate, filler] for filler in fillers] for rate in rates] for start in starts])
plots.solved(np.moveaxis(right.reshape(6, 2, -1), -1, 0), rows=rows, columns=["80 blanks", "80 distractors"], threshold=0.99,
             above=True, form="{:.2f}", xlabel="recall, median accuracy", ylabel="first weights, learning rate",
             title="Over 80 blanks, most plain RNNs recall")
plt.show()

# %%
recalled = (right > 0.99).mean(axis=-1)                            # (3 starts, 2 rates, 2 fillers): share of runs
claim("Over 80 blanks more than half of the tanh nets recall", recalled[:2, :, 0].mean() > 0.5,
      f"{recalled[:2, :, 0].mean():.0%} of all, {recalled[:2, :, 0].min():.0%} in the worst row")
claim("Over 80 distractors fewer of them recall", recalled[:2, :, 1].mean() < 0.8 * recalled[:2, :, 0].mean(),
      f"{recalled[:2, :, 1].mean():.0%} of the tanh nets")
claim("The identity with ReLU recalls always, at the lower rate", recalled[2, 0].min() == 1,
      f"{right.shape[-1]} of {right.shape[-1]} with either filler")

# %% [markdown]
# The same kinds of nets, a lag at least as long: no tanh net has learned to add over 80 steps, and most of them recall over 80 blanks. Was the gradient larger
# to begin with? We train orthogonal tanh nets with our own code and watch, at every update, the loss and how much of the gradient reaches the first step.
# Three tasks: recall over blanks (there are only eight different sequences, so a batch is all of them), the same with new distractors in every
# batch, and adding.
#
# **Before you run it:** with blanks, what comes first, the fall of the loss or the return of the gradient?

# %%
def train(number, batches, loss_of, outputs, updates=400):
    """For each update: the loss, and ‖dL/dh_1‖ / ‖dL/dh_T‖; (updates, 2)."""
    cell = scratch.SimpleRNN(batches[0][0].shape[-1], 32, seed=10 * seed + number, dtype="float32")
    W_y, b_y = rng.normal(0, 32**-0.5, (32, outputs)).astype("float32"), np.zeros(outputs, "float32")
    optimizer, seen = scratch.Adam(learning_rate=0.001), np.zeros((updates, 2))
    for update in range(updates):
        x, y = batches[update % len(batches)]
        run = scratch.forward(cell, x)
        loss, d_scores = loss_of(run.outputs[:, -1] @ W_y + b_y, y)
        d_outputs = np.zeros_like(run.outputs)                     # (B, T, H)
        d_outputs[:, -1] = d_scores @ W_y.T
        gradients = scratch.backward(cell, run, d_outputs)
        first, last = np.linalg.norm(gradients.states[:, [0, -1]], axis=-1).mean(axis=0)
        d_all = [*gradients.weights, run.outputs[:, -1].T @ d_scores, d_scores.sum(axis=0)]
        optimizer.update([*cell.weights, W_y, b_y], scratch.clip_by_global_norm(d_all, max_norm=1.0)[0])
        seen[update] = loss, first / last
    return seen

# %%
def sequences(filler):
    """The eight symbols, each with its fillers: x (8, 81, 16) one-hot, y (8,)."""
    ids = np.full((8, 81), 8) if filler == "blank" else rng.integers(8, 16, (8, 81))
    ids[:, 0] = np.arange(8)
    return np.eye(16, dtype="float32")[ids], ids[:, 0]


def squared(scores, y):
    return np.mean((scores - y) ** 2), 2 * (scores - y) / len(y)


x_add, y_add = datasets.adding(steps=80, seed=seed).train          # (7000, 80, 2), (7000, 1)
given = {"blanks": [sequences("blank")], "distractors": [sequences("distractors") for _ in range(400)],
         "adding": [(x_add[i : i + 32], y_add[i : i + 32]) for i in range(0, 6400, 32)]}

# %%
watched = {}
for task, nets in {"blanks": 5, "distractors": 3, "adding": 3}.items():             # so many nets of each
    loss_of, outputs = (squared, 1) if task == "adding" else (scratch.softmax_cross_entropy, 8)
    watched[task] = np.array([train(number, given[task], loss_of, outputs) for number in range(nets)])    # (nets, 400, 2)
    watched[task][..., 0] /= 1 / 6 if task == "adding" else np.log(8)               # the loss of a guess is 1

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.6), sharex=True)
for (task, nets), model_color in zip(watched.items(), ("simple", "gru", "lstm"), strict=True):
    for number, net in enumerate(nets):
        style = {"color": plots.PALETTE[model_color], "linewidth": 1.3, "label": None if number else task}
        panel[0].semilogy(net[:, 1], **style)
        panel[1].plot(np.arange(10, 391), np.convolve(net[:, 0], np.ones(20) / 20, mode="valid"), **style)
panel[0].set(ylim=(1e-12, 1e2), title="Over blanks the gradient comes back first …", ylabel="gradient at step 1,\nlast step = 1")
panel[1].set(ylim=(0, 1.3), title="… then the loss falls", ylabel="loss, guess = 1\n(mean of 20)", xlabel="update")
panel[0].legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %%
loss, reach = np.moveaxis(watched["blanks"], -1, 0)                # (5, 400) each
back, fell = (reach > 0.1).argmax(axis=1), (loss < 0.5).argmax(axis=1)              # (5,): first such update; 0 where there is none
learned, loss_then = fell > 0, loss[np.arange(5), back]
claim("Over blanks the untrained nets let less than a hundredth through, in the median", np.median(reach[:, 0]) < 0.01,
      f"{reach[:, 0].min():.0e} to {reach[:, 0].max():.0e}")
claim("Nets that learn to recall over blanks got the gradient back first, when their loss was still that of a guess",
      learned.sum() >= 2 and (back < fell)[learned].all() and loss_then[learned].min() > 0.85,
      f"{learned.sum()} of 5, back by update {back[learned].max()}, loss then {loss_then[learned].min():.2f} of a guess or more")
for task in ("distractors", "adding"):
    late, guess = np.median(watched[task][:, -100:, 1]), watched[task][:, -100:, 0].mean()
    claim(f"With {task} the gradient is not back after 400 updates, and the nets do no better than a guess",
          late < 1e-2 and guess > 0.85, f"gradient {late:.0e}, loss {guess:.2f} of a guess")

# %% [markdown]
# So it was not the size of the gradient at the start. Over blanks it was no better than in the adding problem, and some dozens of updates later it was there, *before* the
# net knew anything. Vanishing is not zero. With blanks nothing ever differs but the symbol, and that faint signal is the same at every
# update: small steps in one direction add up, and the road back is built.
#
# Distractors change one thing: what stands between. The lag, the symbols and the nets are the same. But now every batch pulls at the weights in a direction of
# its own, and within 400 updates the road is not built; nor is it in the adding problem, with its 78 numbers that do not count. It *can* be built: with batches of 128 *and* 1,000 updates nets of the
# table do recall over distractors (which of the two matters we have not separated). What makes a long lag hard is not its length alone, then. What stands between matters too.
#
# ### A memory without a gradient
# With some seeds a blue curve dives, and the loss stays at two thirds of a guess, which is $\ln 4$: as if the net kept one of the three bits of a
# symbol, and the gradient were gone for good. A single unit can do that. Let $h_t = \tanh(2 h_{t-1} + x_t)$; the first input is 1 or −1, and 80 noisy ones follow.
#
# **Before you run it:** does it still know the sign at the end? And what does the gradient say?

# %%
switch = scratch.SimpleRNN(input_dim=1, units=1)
switch.set_weights([np.ones((1, 1)), np.full((1, 1), 2.0), np.zeros(1)])
noisy = rng.uniform(-0.3, 0.3, size=(200, 81, 1))                  # (B, T, D)
noisy[:, 0, 0] = rng.choice([-1.0, 1.0], size=200)
states = scratch.forward(switch, noisy).outputs[..., 0]            # (200, 81)
plots.lines(np.arange(1, 82), {"after +1": states[noisy[:, 0, 0] > 0][0], "after −1": states[noisy[:, 0, 0] < 0][0]},
            models=["simple", "lstm"], xlabel="step t", ylabel="state", title="A switch: it remembers in spite of noise")
kept = (np.sign(states[:, -1]) == noisy[:, 0, 0]).mean()
claim("The switch remembers the sign over 80 noisy steps", kept == 1, f"right in {kept:.0%} of 200 sequences")
arrives = lengths_back(switch, noisy, np.ones(1))[80]
claim("Hardly any gradient of the switch reaches the symbol", arrives < 1e-9, f"{arrives:.0e} of it")

# %% [markdown]
# It remembers *because* its slope is small where it sits: noise that comes in is squeezed out again, and so is a nudge of the first input. This
# is the dilemma of Bengio, Simard & Frasconi (1994): what keeps a bit safe makes its gradient vanish. A small gradient does not say that the network has
# forgotten. It says that learning from that input is slow, and easily drowned.

# %% [markdown]
# ## Depth vanishes too
# Nothing above needed time. A deep feedforward network is the same product, with another matrix for each layer:
#
# $$\frac{dL}{dh^{(l-1)}} = \frac{dL}{dh^{(l)}}\, \operatorname{diag}\big(\varphi'(a^{(l)})\big)\, W^{(l)\top}.$$
#
# Thirty layers of 64 units, three usual pairs of activation and first weights. **Before you run it:** the sigmoid has $\gamma = 1/4$. Which power of ten is left
# at the first layer?

# %%
activations = {"sigmoid": lambda a: 1 / (1 + np.exp(-a)), "tanh": np.tanh, "relu": lambda a: np.maximum(a, 0)}
slopes_of = {"sigmoid": lambda h: h * (1 - h), "tanh": lambda h: 1 - h**2, "relu": lambda h: (h > 0) * 1.0}


def through_layers(activation, initializer, depth=30):
    """‖dL/dh‖ at the top and below each layer, mean over 200 examples, and its bound; (depth + 1,) each."""
    kernels = [np.array(initializer((units, units)), dtype="float64") for _ in range(depth)]
    h = [rng.normal(size=(200, units))]
    for kernel in kernels:
        h.append(activations[activation](h[-1] @ kernel))          # (200, 64)
    d_h, lengths, bound = np.tile(direction, (200, 1)), [1.0], [1.0]
    for kernel, above in zip(kernels[::-1], h[:0:-1], strict=True):
        d_h = (d_h * slopes_of[activation](above)) @ kernel.T      # (200, 64)
        lengths.append(np.linalg.norm(d_h, axis=-1).mean())
        bound.append(bound[-1] * measure.largest_singular_value(kernel) * (0.25 if activation == "sigmoid" else 1))
    return np.array(lengths), np.array(bound)

# %%
pairs = {"sigmoid, Glorot": ("sigmoid", keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(seed))),
         "tanh, orthogonal": ("tanh", keras.initializers.Orthogonal(seed=keras.random.SeedGenerator(seed))),
         "ReLU, He": ("relu", keras.initializers.HeNormal(seed=keras.random.SeedGenerator(seed)))}
layered = {name: through_layers(*pair) for name, pair in pairs.items()}
plots.gradient_norms({name: lengths for name, (lengths, _) in layered.items()}, xlabel="layers below the loss",
                     ylabel="length of the gradient", title="Thirty layers: the sigmoid vanishes, others hardly")
claim("Below thirty sigmoid layers less than a billionth is left", layered["sigmoid, Glorot"][0][30] < 1e-9,
      f"{layered['sigmoid, Glorot'][0][30]:.0e}")
claim("Below thirty tanh or ReLU layers more than a hundredth is left",
      min(layered[name][0][30] for name in ("tanh, orthogonal", "ReLU, He")) > 0.01,
      f"{layered['tanh, orthogonal'][0][30]:.2f} and {layered['ReLU, He'][0][30]:.2f}")
claim("No gradient through layers is longer than the product of their γσ₁",
      all((lengths <= bound * (1 + 1e-9)).all() for lengths, bound in layered.values()),
      f"sigmoid bound {layered['sigmoid, Glorot'][1][30]:.0e}")

# %% [markdown]
# This is one reason why deep feedforward networks were hard to train before ReLU, better first weights, normalisation and residual connections.
# They have two advantages over an RNN. Their matrices differ, so no direction is stretched again and again (lesson 02). And no new input arrives at every layer to
# drive the units to where tanh is less steep, which is what made $\sigma_1 = 1.1$ vanish. A stack of recurrent layers has both problems,
# along time and along depth.
#
# What helps against vanishing in time? First weights and activation together, as measured above. A path on which the factor is near 1 and learned: the gates of
# LSTM and GRU (lessons 12 and 13). Or a shorter path: attention (lessons 11 and 17) has one step from any position to any other. Clipping, the
# remedy of lesson 06, does not help: it shortens what is long, and lengthens nothing.

# %% [markdown]
# ## Try it
# Each line stands on its own: copy it into a new cell below, change it, run it.
#
# 1. ReLU and the identity, with real inputs: `lengths_back(scratch.SimpleRNN(features, units, activation="relu",
#    recurrent_initializer="identity"), x, direction)[[0, 1, 10, 30, 60]]`. Every slope is 0 or 1. Where does it lose something, then?
# 2. Smaller inputs: `lengths_back(cells["σ₁ = 1.0"], 0.1 * x, direction)[60]`
# 3. One draw of distractors for all updates: `train(0, [sequences("distractors")], scratch.softmax_cross_entropy, 8)[[0, 50, 100, 399]]`. The loss falls
#    at once. Is that recall?
# 4. Your own net: `measure.gradient_norms(your_model, x, y)` takes any Keras model with a recurrent layer.
# 5. Move the sliders: from which spectral radius on does the gradient survive, and how does that depend on the inputs?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def curve(radius, size):
    return lengths_back(scratch.SimpleRNN(features, units, gain=radius, seed=seed), size * x[:8], direction)


def redraw(radius, size):
    name = f"ρ = {radius:.2f}"
    ax = plots.gradient_norms({name: curve(radius, size)}, bounds={name: radius**k}, title=f"{name}, inputs of size {size:g}")
    ax.set_ylim(1e-20, 1e12)
    plt.show()


slider = ipywidgets.FloatSlider(1.1, min=0.5, max=2.0, step=0.05, continuous_update=False)
sizes = ipywidgets.SelectionSlider(options=[1e-6, 0.1, 0.3, 1.0, 3.0], value=1.0)
_ = ipywidgets.interact(redraw, radius=slider, size=sizes)

# %%
radii = np.arange(0.8, 2.05, 0.1)
at_50 = {f"inputs of size {size:g}": [curve(radius, size)[50] for radius in radii] for size in (1e-6, 0.1, 1.0)}
at_50["bound"] = radii**50
ax = plots.lines(radii, at_50, models=["simple", "gru", "lstm", "baseline"], log="y", ylabel=r"$\|dL/dh\|$ at lag 50",
                 xlabel="spectral radius ρ (orthogonal kernel × ρ)", title="The larger the inputs, the larger ρ has to be")
ax.axhline(1, color=plots.PALETTE["truth"], linewidth=1)
small, large = at_50["inputs of size 1e-06"], at_50["inputs of size 1"]
claim("With near-zero inputs it grows from ρ = 1.1 on, with inputs of size 1 it still vanishes at 1.3",
      small[3] > 10 and large[5] < 0.1, f"ρ = 1.1: {small[3]:.0f}; ρ = 1.3, inputs of size 1: {large[5]:.0e}")
claim("With ρ = 2 it explodes in spite of inputs of size 1", large[-1] > 10, f"ρ = 2: {large[-1]:.0f}")
plt.show()

# %% [markdown]
# ## Check yourself
#
# **1. A kernel has $\sigma_1 = 1.3$, the activation is tanh. What do you know about the gradient at lag 100?**
# <details><summary>It explodes: 1.3¹⁰⁰ is a huge number.</summary>
#
# That is the bound. It allows growth and does not promise it: our kernel with 1.1 vanished under real inputs.
# </details>
# <details><summary>It vanishes, because tanh is below 1.</summary>
#
# The slopes of tanh are at most 1. How far below they are depends on the inputs, and whether they beat 1.3 has to be measured.
# </details>
# <details><summary>Neither: only how long it is at most.</summary>
#
# Yes. σ₁ > 1/γ is necessary to explode, not sufficient; and it does not rule out vanishing either.
# </details>
#
# **2. A sigmoid RNN has a kernel with $\sigma_1 = 2$. And now?**
# <details><summary>It vanishes, whatever the inputs.</summary>
#
# Yes. γ is 1/4, so every step multiplies by at most 1/2.
# </details>
# <details><summary>It explodes, because 2 is above 1.</summary>
#
# The threshold is 1/γ, which is 4 for the sigmoid.
# </details>
# <details><summary>It depends on the inputs.</summary>
#
# *How fast* it vanishes depends on them. That it vanishes is proved for all.
# </details>
#
# **3. All eigenvalues of $W_h$ are 0.9 in size, the inputs are near zero, and yet the gradient is 40 times larger at lag 20 than at lag 0. How?**
# <details><summary>The measurement is wrong.</summary>
#
# It is what our non-normal kernel did, with the loss and inputs of the normal one beside it.
# </details>
# <details><summary>The kernel is non-normal: eigenvalues speak of the long run only.</summary>
#
# Yes. Single steps are bounded by σ₁, and that is far above 0.9 here.
# </details>
# <details><summary>The inputs have driven it up.</summary>
#
# Near-zero inputs leave every slope at 1, so they have no say here.
# </details>
#
# **4. Training goes well, $\lVert dL/dW_h \rVert$ is around 1 at every update. Can gradients be vanishing?**
# <details><summary>No, then it would be tiny.</summary>
#
# The gradient of the weights is a sum over steps. The near steps fill it, whatever the far ones do.
# </details>
# <details><summary>Yes. Look at dL/dh_t over the lag.</summary>
#
# Yes. Cut to a third of its steps, the gradient of our kernel was nearly the same.
# </details>
# <details><summary>Yes, so raise the learning rate.</summary>
#
# That scales near and far steps alike. The far ones stay as faint beside the near ones.
# </details>
#
# **5. An untrained net passes 0.0001 of the gradient over the lag of your task. What follows?**
# <details><summary>It cannot learn the task.</summary>
#
# Our recall nets over blanks began like that, and most of them learn it.
# </details>
# <details><summary>Be warned, and watch the gradient while it trains.</summary>
#
# Yes. What decides is whether training raises it, and that depends on what else there is to learn.
# </details>
# <details><summary>Nothing: the first gradient does not matter.</summary>
#
# In the adding table the start that keeps its gradient won clearly. It is a warning, if not a verdict.
# </details>

# %% [markdown]
# ## Take-aways
# - With every step back the gradient is multiplied by $\operatorname{diag}(\varphi')\,W_h^\top$; with tanh and real inputs, sixty of them left less than a ten-thousandth. *(claim: "Sixty
#   steps back …")*
# - $\lVert dL/dh_{T-k} \rVert \le (\gamma\sigma_1)^k \lVert dL/dh_T \rVert$, and near-zero inputs can meet it. *(claims: "No gradient is longer …", "With
#   near-zero inputs and orthogonal kernels …")*
# - $\sigma_1 < 1/\gamma$ suffices to vanish; $\sigma_1 > 1/\gamma$ does not suffice to explode: real inputs flatten tanh. *(claims: "With real inputs …", "Even
#   the luckiest direction …")*
# - With near-zero inputs eigenvalues decide the long run; singular values bound every step. *(claims: "The gradient of the non-normal kernel …", "In the end …")*
# - The weights go on learning, from the near steps. *(claim: "The 41 steps before …")*
# - The identity *and* ReLU together add over 80 steps within 2,000 updates, tanh does not; orthogonal or Glorot makes little difference here. *(claims: "At
#   T = 80 …", "At T = 20 …", "Every net with the identity …")*
# - A small gradient at the start is a warning, no verdict: what stands between matters too. *(claims: "Nets that learn
#   to recall …", "With distractors …", "Over 80 distractors …")*
# - A memory can be perfect and have no gradient. *(claims: "The switch remembers …", "Hardly any gradient …")*
# - Depth is the same product. *(claims: "Below thirty sigmoid layers …", "Below thirty tanh …")*
#
# **Exercises.** [Exercises 05](exercises/05_vanishing_gradients.ipynb): two sizes of a kernel, the lag at which the bound falls below a millionth, the
# gradient by lag, which kernel made which curve. The notebook says how many minutes each takes.
#
# ## Read on
# - S. Hochreiter, *Untersuchungen zu dynamischen neuronalen Netzen*, diploma thesis, TU München (1991): the first analysis, in German; S. Hochreiter, Y. Bengio, P.
#   Frasconi and J. Schmidhuber, *Gradient flow in recurrent nets: the difficulty of learning long-term dependencies* (2001), says it in English.
# - Y. Bengio, P. Simard and P. Frasconi, *Learning long-term dependencies with gradient descent is difficult*, IEEE Transactions on Neural
#   Networks 5 (1994): why keeping a bit safely and learning it by gradients are at odds.
# - R. Pascanu, T. Mikolov and Y. Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013: the bound, and the picture of
#   exploding gradients that lesson 06 draws.
# - Q. V. Le, N. Jaitly and G. E. Hinton, *A simple way to initialize recurrent networks of rectified linear units* (2015): the identity with ReLU, and
#   the adding problem nearly in the form used here.
# - L. N. Trefethen and M. Embree, *Spectra and pseudospectra* (2005): non-normal matrices and their transient growth, far beyond networks.
