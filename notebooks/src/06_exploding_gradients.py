# %% [markdown]
# # 06 · Exploding gradients
#
# **The loss fell nicely, and suddenly it is NaN. What has happened, and how do you train on?**
#
# **You will be able to**
# - explain why a network whose state cannot exceed 1 has gradients of a million, and where on its loss surface they are;
# - clip a gradient in three ways, and say which one keeps its direction;
# - choose a threshold from what your own run shows, and know when the choice matters and when it does not;
# - catch a run that diverges, read what happened, and go on from the last good weights;
# - put an LSTM or a GRU in the place of a plain RNN, by changing one line.
#
# **You need** [lesson 05](05_vanishing_gradients.ipynb). *{{minutes}} minutes to read, about {{seconds}} seconds to run.*

# %%
from rnncourse import datasets, measure, plots, progress, scratch
from rnncourse.measure import claim
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

plots.use_style()
seed = rnncourse.seed()

# %% [markdown]
# ## A cliff
# The smallest recurrent network there is: one unit, no input, two weights. It starts at $h_0 = 0.5$ and shall be at 0.7 after 30 steps:
#
# $$h_t = \tanh(w\,h_{t-1} + b), \qquad L = (h_{30} - 0.7)^2 .$$
#
# With two weights, the loss is a landscape that can be drawn. tanh is smooth, squares are smooth, $h_{30}$ never leaves $(-1, 1)$. **Before you run it:**
# what kind of landscape do you expect, hills, a bowl, a plain?

# %%
goal, h_0 = 0.7, 0.5


def landscape(w, b, steps=30):
    """L, dL/dw and dL/db. dh_t/dw and dh_t/db are carried along with the state."""
    h, dh_dw, dh_db = h_0, 0.0, 0.0
    for _ in range(steps):
        before, h = h, np.tanh(w * h + b)
        slope = 1 - h**2
        dh_dw, dh_db = slope * (before + w * dh_dw), slope * (1 + w * dh_db)
    return (h - goal) ** 2, 2 * (h - goal) * dh_dw, 2 * (h - goal) * dh_db


w_axis, b_axis = np.linspace(0.4, 2.8, 241), np.linspace(-1.2, 0.6, 181)
surface = landscape(*np.meshgrid(w_axis, b_axis))[0]               # (181, 241)
plots.loss_relief(w_axis, b_axis, np.maximum(surface, 1e-3), xlabel="w", ylabel="b", view=(35, 60),
                  title="A smooth function of two weights, with a cliff")
plt.show()

# %%
unit = scratch.SimpleRNN(input_dim=1, units=1)
unit.set_weights([np.zeros((1, 1)), np.array([[1.4]]), np.array([-0.1])])
run = scratch.forward(unit, np.zeros((1, 30, 1)), initial_state=np.full((1, 1), h_0))
d_outputs = np.zeros((1, 30, 1))
d_outputs[:, -1] = 2 * (run.outputs[:, -1] - goal)                 # the loss reads the last step alone
_, d_w, d_b = scratch.backward(unit, run, d_outputs).weights
by_bptt, here = np.array([d_w.item(), d_b.item()]), np.array(landscape(1.4, -0.1)[1:])
claim("Carried forward or backward, the gradient is the same", np.allclose(by_bptt, here, rtol=1e-10),
      f"relative difference {np.abs(by_bptt / here - 1).max():.0e}")
top, bottom = landscape(2.0, -0.46)[0], landscape(2.0, -0.44)[0]
claim("At w = 2, two hundredths of b decide between top and bottom", top > 30 * bottom, f"loss {top:.2f} and {bottom:.3f}")
steepness = np.hypot(*landscape(*np.meshgrid(w_axis, b_axis))[1:]) # (181, 241): ‖(dL/dw, dL/db)‖
gentle, steep = steepness[:, w_axis < 0.9], steepness[:, w_axis > 1]
claim("Where w < 0.9, no gradient on this map is longer than 20", gentle.max() < 20, f"at most {gentle.max():.0f}")
claim("Where w > 1, most are shorter than 1, and some longer than 1000", np.median(steep) < 1 and steep.max() > 1000,
      f"median {np.median(steep):.2f}, longest {steep.max():.0f}")

# %% [markdown]
# Where $w < 1$, the slope is gentle. Where $w$ is well above 1, there are two plains and a wall between them. If $b$ is not too large, the unit then has
# *two* places to come to rest, one positive, one negative. Weights on one side of the wall send it up, those on the other side down. At the wall itself it
# cannot decide.
#
# ### What happens on the edge
# Choose $b$ such that $\tanh(w h_0 + b) = h_0$. Then the state stays at $h_0$, step after step: for $\lambda < 1$ like a ball in a bowl, for $\lambda > 1$ like a pencil on
# its tip. Every step is the same, and so is its slope:
#
# $$\lambda = \frac{\partial h_t}{\partial h_{t-1}} = w\,(1 - h_0^2), \qquad
# \frac{dh_T}{db} = (1 - h_0^2)\,\big(1 + \lambda + \lambda^2 + \dots + \lambda^{T-1}\big).$$
#
# A nudge of $b$ comes in at every step, and each of these is multiplied by $\lambda$ at all later ones. **Before you run it:** $w$ is 0.8, 4/3 or 2, so $\lambda$ is 0.6, 1
# or 1.5, and $dL/db = 2\,(h_0 - 0.7)\,dh_T/db$. How large is it after 50 steps, roughly, in each case?

# %%
lengths, edges = np.arange(1, 51), {0.8: "λ = 0.6", 4 / 3: "λ = 1", 2.0: "λ = 1.5"}
on_edge = {name: [abs(landscape(w, np.arctanh(h_0) - w * h_0, T)[2]) for T in lengths] for w, name in edges.items()}
plots.lines(lengths, on_edge, models=["simple", "gru", "lstm"], log="y", xlabel="T, steps", ylabel="|dL/db|",
            title="At rest at $h_0$ the gradient is a sum of powers of λ")
plt.show()
power_sum = np.array([sum(1.5**k for k in range(T)) for T in lengths])
formula = 2 * (goal - h_0) * (1 - h_0**2) * power_sum              # (50,)
claim("With λ = 1.5 the gradient is what the formula says", np.allclose(on_edge["λ = 1.5"], formula, rtol=1e-3),
      f"{on_edge['λ = 1.5'][-1]:.0e} after 50 steps")
claim("With λ = 0.6 it stays below 1", max(on_edge["λ = 0.6"]) < 1, f"at most {max(on_edge['λ = 0.6']):.2f}")

# %% [markdown]
# This is lesson 05 from the other side. There, $\gamma\sigma_1 < 1$ was sufficient to vanish, and $\gamma\sigma_1 > 1$ necessary to explode, but not
# sufficient. Here $\gamma\sigma_1$ is $w$, and most of the region $w > 1$ is flat, because the unit is saturated. The gradient explodes in one narrow place. The
# trouble is that training can lead there.
#
# ### Down the slope
# Gradient descent starts at the large mark, on the lower plain, and walks towards the valley (dark). So does a second one, which never makes a step from a
# gradient longer than 1: if it is longer, it is scaled back to length 1 (**clipping**, Pascanu, Mikolov & Bengio 2013, who drew this cliff for a
# sigmoid). **Before you run it:** the valley lies along the wall. What will each of them do when it touches the wall?

# %%
def descend(threshold, start=(2.0, 0.0), rate=0.1, updates=100):
    path, norms = [np.array(start)], []
    for _ in range(updates):
        gradient = np.array(landscape(*path[-1])[1:])              # (2,): dL/dw, dL/db
        norms.append(np.linalg.norm(gradient))
        path.append(path[-1] - rate * gradient * min(1, threshold / norms[-1]))
    return np.array(path), np.array(norms)                         # (101, 2), (100,)


walks = {"not clipped": descend(np.inf), "clipped at 1": descend(1.0)}
paths = {name: path for name, (path, _) in walks.items()}
near_w, near_b = np.linspace(1.4, 2.1, 351), np.linspace(-0.42, 0.12, 271)
closer = landscape(*np.meshgrid(near_w, near_b))[0]                # (271, 351)
plots.loss_surface(near_w, near_b, closer, xlabel="w", ylabel="b", paths=paths,
                   title="At the wall, one of them is thrown off the map")
plt.show()

# %%
wall = walks["not clipped"][1].argmax()                            # the update at which the gradient is longest
jump = np.linalg.norm(np.diff(paths["not clipped"], axis=0), axis=1)                # (100,)
same = np.array_equal(*(path[: wall + 1] for path in paths.values()))
claim("Up to the wall both walk the same way", same, f"{wall} updates")
landed, landed_norm = paths["not clipped"][-1], walks["not clipped"][1][-1]
claim("At the wall one step is ten times as long as all before it together", jump[wall] > 10 * jump[:wall].sum(),
      f"{jump[wall]:.0f} against {jump[:wall].sum():.2f}; it lands at w = {landed[0]:.0f}, b = {landed[1]:.0f}")
claim("From there it never comes back: a plain without slope", landed_norm < 1e-12 and landscape(*landed)[0] > 0.05,
      f"loss {landscape(*landed)[0]:.2f}, gradient {landed_norm:.0e}")
arrived = landscape(*paths["clipped at 1"][-1])[0]
claim("The clipped one arrives in the valley", arrived < 0.001, f"loss {arrived:.0e}")

# %% [markdown]
# (Until the throw the black marks cover the orange ones.) The wall's gradient is right: it is the slope of the loss. It is only useless for a step as long as that, because a hundredth further on the slope is another
# one. Clipping keeps what a gradient is good for, its direction, and does not believe its length. Notice how the story ends without: an exploding gradient has put the
# unit where gradients vanish.

# %% [markdown]
# ## Spikes in a real run
# Does that happen in networks with a thousand weights? Lesson 05's best adder, the identity with ReLU, reads adding sequences of 20 steps. It trains with SGD, momentum and
# `global_clipnorm=1`, Keras' name for the clipping that you have just seen. `measure.GradientRecorder` notes the length of the whole gradient at each update, before and
# after clipping.
#
# **Before you run it:** how much longer than usual is the longest gradient, once the first hundred updates are over? Twice, ten times, a hundred times?

# %%
task = datasets.adding(steps=20, examples=40_000, seed=seed)
x_add, y_add = task.train                                          # (28000, 20, 2), (28000, 1)
adder = keras.Sequential([
    keras.Input((20, 2)),
    keras.layers.SimpleRNN(32, activation="relu", recurrent_initializer="identity"),
    keras.layers.Dense(1),
])
first_weights = adder.get_weights()
adder.compile(keras.optimizers.SGD(0.01, momentum=0.9, global_clipnorm=1.0), "mse")
recorder, losses = measure.GradientRecorder(), []
each_batch = keras.callbacks.LambdaCallback(                       # or Keras would show the mean so far
    on_train_batch_begin=lambda batch, logs: adder.reset_metrics(),
    on_train_batch_end=lambda batch, logs: losses.append(logs["loss"]))
_ = adder.fit(x_add, y_add, batch_size=32, verbose=0, callbacks=[recorder, each_batch, progress(label="adder")])

# %%
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.4), sharex=True)
plots.lines(recorder.steps, {"loss of the batch": losses}, models=["simple"], log="y", xlabel="", ylabel="squared error",
            title="The loss falls, with spikes …", ax=panel[0])
lengths_seen = {"before clipping": recorder.before, "after": recorder.after}
plots.lines(recorder.steps, lengths_seen, models=["lstm", "truth"], log="y", xlabel="update", ylabel="length of gradient",
            title="… and so does the gradient, before clipping", ax=panel[1])
for line in [*panel[0].lines, *panel[1].lines]:
    line.set_linewidth(1.0)
plt.show()

# %%
usual = np.median(recorder.before)
longest = 100 + np.argsort(recorder.before[100:])[-10:]            # the ten longest after the first hundred updates
claim("After the first hundred updates the longest gradient is still more than four times the usual one",
      recorder.before[100:].max() > 4 * usual, f"{recorder.before[100:].max():.0f}, median {usual:.1f}; at first {recorder.before.max():.0f}")
claim("After clipping none is longer than 1, and all keep their direction",
      recorder.after.max() < 1 + 1e-5 and recorder.cosine.min() > 1 - 1e-5, f"longest {recorder.after.max():.6f}")
there, anywhere = np.median(np.take(losses, longest)), np.median(losses[100:])
for_its_error = recorder.before / np.sqrt(losses)                  # (875,): length for each unit of error
claim("Where the gradient is long, the loss is high", there > 1.5 * anywhere,
      f"median {there:.2f} at the ten longest, {anywhere:.3f} over all after update 100")
claim("It is long for its error, too", np.median(for_its_error[longest]) > 1.5 * np.median(for_its_error[100:]),
      f"length / root of the loss {np.median(for_its_error[longest]):.0f}, usually {np.median(for_its_error[100:]):.0f}")
error = np.mean((np.array(adder(task.test[0])) - task.test[1]) ** 2)
claim("The adder learns", error < 1 / 12, f"MSE {error:.3f} on unseen sequences, 0.083 for the second number alone")

# %% [markdown]
# With a squared error, long gradients go with large errors on any surface. Here they are longer for their error as well, as at a steep place. A clipped step can do only so much harm there, and the
# loss falls on. The median is above the threshold, so nearly every update is clipped: whether that is wise, the section after next asks. Record the gradient beside
# the loss: it is one number an update.

# %% [markdown]
# ## Three clippings
# "Clip the gradient" can mean three things. Let $g$ be all gradients together, $g_v$ that of one variable (a kernel, a bias), $g_i$ a single number, $c$ the
# threshold:
#
# $$\begin{aligned}
# \text{by value:} && g_i &\leftarrow \max(-c, \min(c, g_i)) \\
# \text{per variable:} && g_v &\leftarrow g_v \, \min\big(1,\; c \,/\, \lVert g_v \rVert\big) \\
# \text{global:} && g &\leftarrow g \, \min\big(1,\; c \,/\, \lVert g \rVert\big)
# \end{aligned}$$
#
# Keras calls them `clipvalue`, `clipnorm` and `global_clipnorm`. **Before you run it:** a kernel has the gradient $(2, 3)$, a read-out has $(6)$, and $c = 2$. Write
# down what each makes of them. Which still points where it pointed?

# %%
def by_value(gradients, c):
    return [np.clip(g, -c, c) for g in gradients]


def per_variable(gradients, c):
    return [g * min(1, c / np.linalg.norm(g)) for g in gradients]


def by_global_norm(gradients, c):
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    return [g * min(1, c / norm) for g in gradients]


clippings = {"by value": by_value, "per variable": per_variable, "global": by_global_norm}
small = [np.array([2.0, 3.0]), np.array([6.0])]                    # a kernel of two weights, a read-out of one: length 7
clipped = {name: np.concatenate(clip(small, 2.0)) for name, clip in clippings.items()}         # (3,) each

# %%
figure, panel = plt.subplots(1, 2, figsize=(7.4, 4.4))
for ax, other, title in zip(panel, (1, 2), ("Within the kernel", "Across two variables"), strict=True):
    seen = {name: g[[0, other]] for name, g in clipped.items()}    # (2,) each: two of the three entries
    plots.clipping(np.concatenate(small)[[0, other]], seen, value=2.0, title=title, xlabel="kernel, first entry",
                   ylabel=("kernel, second entry", "read-out")[other - 1], ax=ax)
plt.show()

# %% [markdown]
# By value, all entries that are too long get the *same* length: the arrow swings towards the corner of the box. Per variable, the kernel keeps its own direction (left), but
# the longer variable loses more, so the whole swings (right). Only one factor for everything keeps the direction.
#
# Now a real one: the first gradient of the adder, 1,153 numbers in five variables. We clip it by our own functions, by Keras' optimisers, and by `scratch.clip_by_global_norm`, which
# lesson 04 trained with.
#
# Each threshold is strict: a tenth of the largest entry for clipping by value, a tenth of the whole length for the other two. **Before you run it:** two of them will turn the gradient. Which will turn it more?

# %%
adder.set_weights(first_weights)
with tf.GradientTape() as tape:
    first_loss = tf.reduce_mean((adder(x_add[:32]) - y_add[:32]) ** 2)
raw = [gradient.numpy() for gradient in tape.gradient(first_loss, adder.trainable_variables)]


def by_keras(gradients, **how):
    """SGD with rate 1 moves variables of zeros by minus the clipped gradient."""
    moved = [keras.Variable(np.zeros_like(g)) for g in gradients]
    keras.optimizers.SGD(1.0, **how).apply([tf.constant(g) for g in gradients], moved)
    return [-variable.numpy() for variable in moved]


def flat(gradients):
    return np.concatenate([g.ravel() for g in gradients]).astype("float64")         # (1153,)


whole, largest_entry = float(np.linalg.norm(flat(raw))), float(np.abs(flat(raw)).max())
options = {"by value": ("clipvalue", largest_entry / 10), "per variable": ("clipnorm", whole / 10),
           "global": ("global_clipnorm", whole / 10)}

# %%
cosine = {}
for name, (option, c) in options.items():
    ours, keras_way = flat(clippings[name](raw, c)), flat(by_keras(raw, **{option: c}))
    cosine[name] = ours @ flat(raw) / np.linalg.norm(ours) / whole
    apart = np.abs(ours - keras_way).max() / np.abs(ours).max()
    claim(f"Ours is Keras' {option}", apart < 1e-5, f"largest difference {apart:.0e} of the largest entry")
by_scratch, _ = scratch.clip_by_global_norm(raw, max_norm=whole / 10)
claim("scratch.clip_by_global_norm is the third", np.allclose(flat(by_scratch), ours, rtol=1e-5),
      f"from length {whole:.1f} to {np.linalg.norm(flat(by_scratch)):.2f}")
plots.bars(cosine, models=["conv", "simple", "lstm"], form="{:.3f}", title="Only the global norm keeps the direction",
           xlabel="cosine with the gradient before clipping")
claim("Clipping by value and per variable turn the gradient by more than 20 degrees",
      max(cosine["by value"], cosine["per variable"]) < 0.94,
      f"cosine {cosine['by value']:.2f} and {cosine['per variable']:.2f}")
claim("The global norm does not turn it", abs(cosine["global"] - 1) < 1e-6, f"cosine {cosine['global']:.6f}")
claim("None turns it uphill", min(cosine.values()) > 0, f"smallest cosine {min(cosine.values()):.2f}")

# %% [markdown]
# None *can* turn it uphill: all three keep every sign, so along every entry a small step still lowers the loss. A turned gradient is no disaster, then, and people do train with all three. But what you follow is no longer
# the slope of your loss. From here on we clip by the global norm.

# %% [markdown]
# ## Which threshold?
# "Between 1 and 10", you will be told. We try no threshold, 10, 1 and 0.1, in three settings, with three nets each:
#
# - 64 tanh units on adding sequences of 10 steps, whose orthogonal $W_h$ has been multiplied by 1.2, under SGD with rate 0.05 and momentum 0.9;
# - the same nets under Adam;
# - nets with ReLU and the identity, 32 units, 30 steps, under Adam.
#
# We write the training step ourselves. Clipping is two of its lines. The threshold is an *argument*, so one compiled program serves all four.

# %%
thresholds = {"none": np.inf, "10": 10.0, "1": 1.0, "0.1": 0.1}


def program(network, optimizer, x, y):
    @tf.function(jit_compile=True)
    def hundred_updates(orders, threshold):                        # orders (100, 32): the examples of each batch
        norms = tf.TensorArray(tf.float32, size=100)
        for i in tf.range(100):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((network(tf.gather(x, orders[i])) - tf.gather(y, orders[i])) ** 2)
            gradients = tape.gradient(loss, network.trainable_variables)
            norm = tf.linalg.global_norm(gradients)
            shrink = tf.minimum(1.0, threshold / norm)             # the factor of clipping by global norm
            optimizer.apply([shrink * gradient for gradient in gradients])
            norms = norms.write(i, norm)
        return norms.stack()                                       # (100,), before clipping
    return hundred_updates

# %%
def sweep(build, optimizer, data, updates, nets=3):
    """Errors on unseen sequences (nets, 4), gradient norms (nets, 4, updates), the last net's weights by threshold."""
    student, errors, norms, ended = build(), np.zeros((nets, 4)), np.zeros((nets, 4, updates)), {}
    optimizer.build(student.trainable_variables)
    fresh = [variable.numpy() for variable in optimizer.variables]
    train = program(student, optimizer, *map(tf.constant, data.train))
    for number in progress(range(nets), optimizer.name):
        start = build().get_weights()                              # the same for every threshold
        orders = np.random.default_rng([seed, number]).integers(len(data.train[0]), size=(updates // 100, 100, 32))
        for place, (name, threshold) in enumerate(thresholds.items()):
            student.set_weights(start)
            for variable, value in zip(optimizer.variables, fresh, strict=True):
                variable.assign(value)
            norms[number, place] = np.concatenate([train(tf.constant(hundred), threshold) for hundred in orders])
            errors[number, place] = np.mean((np.array(student(data.test[0]), "float64") - data.test[1]) ** 2)
            ended[name] = student.get_weights()
    return errors, norms, ended

# %% [markdown]
# **Before you run it:** for which thresholds will SGD diverge? And Adam?

# %%
def tanh_net():
    wide = keras.initializers.Orthogonal(gain=1.2)
    layer = keras.layers.SimpleRNN(64, recurrent_initializer=wide)
    return keras.Sequential([keras.Input((10, 2)), layer, keras.layers.Dense(1)])


def relu_net():
    layer = keras.layers.SimpleRNN(32, activation="relu", recurrent_initializer="identity")
    return keras.Sequential([keras.Input((30, 2)), layer, keras.layers.Dense(1)])


steps_10, steps_30 = (datasets.adding(steps=steps, examples=20_000, seed=seed) for steps in (10, 30))
sgd, sgd_norms, trained = sweep(tanh_net, keras.optimizers.SGD(0.05, momentum=0.9), steps_10, updates=1000)
adam, adam_norms, _ = sweep(tanh_net, keras.optimizers.Adam(0.003), steps_10, updates=800)
adam_relu, relu_norms, _ = sweep(relu_net, keras.optimizers.Adam(0.003), steps_30, updates=400)

# %%
reached = np.stack([sgd, adam, adam_relu], axis=1)                 # (nets, 3, 4)
plots.solved(np.where(reached < 1e4, reached, np.nan), rows=["SGD, tanh", "Adam, tanh", "Adam, identity ReLU"],
             columns=list(thresholds), threshold=0.08, xlabel="threshold; median MSE of three nets",
             title="At this rate the threshold decides for SGD")
plt.show()
mean = {name: dict(zip(thresholds, errors.mean(axis=0), strict=True))
        for name, errors in (("SGD", sgd), ("Adam", adam), ("ReLU", adam_relu))}

# %%
claim("SGD without clipping: every net ends worse than saying always 1", not (sgd[:, 0] < 1 / 6).any(), "0 of 3 below 1/6")
claim("With threshold 10, nets end so as well", (sgd[:, 1] > 1 / 6).any(),
      f"{np.sum(sgd[:, 1] > 1 / 6)} of 3, worst MSE {sgd[:, 1].max():.1f}")
claim("With threshold 1 every net learns", (sgd[:, 2] < 0.04).all(), f"worst MSE {sgd[:, 2].max():.3f}")
claim("With threshold 0.1 they learn more slowly", mean["SGD"]["0.1"] > 1.25 * mean["SGD"]["1"],
      f"mean MSE {mean['SGD']['0.1']:.3f} against {mean['SGD']['1']:.3f}")
claim("The tanh net under Adam: thresholds, and none at all, differ by less than a factor of three",
      max(mean["Adam"].values()) < 3 * min(mean["Adam"].values()),
      ", ".join(f"{name}: {value:.3f}" for name, value in mean["Adam"].items()))
claim("With threshold 0.1 nearly all of their gradients were clipped", (adam_norms[:, 3] > 0.1).mean() > 0.8,
      f"{(adam_norms[:, 3] > 0.1).mean():.0%} were longer")
claim("The ReLU nets under Adam learn with thresholds 10 and 1", max(mean["ReLU"]["10"], mean["ReLU"]["1"]) < 1 / 12,
      f"mean MSE {mean['ReLU']['10']:.3f} and {mean['ReLU']['1']:.3f}")
claim("Without one, their mean error is more than twice that with threshold 10", mean["ReLU"]["none"] > 2 * mean["ReLU"]["10"],
      f"mean MSE {mean['ReLU']['none']:.3f} against {mean['ReLU']['10']:.4f}")

# %% [markdown]
# Three rows, three answers.
#
# - **Under SGD** a step is as long as the gradient, times the rate. So threshold × rate is the most that one gradient can add (momentum 0.9 repeats nine tenths
#   of the last step: ten times as much, if all agree). Too long and the net is thrown away (the next section looks closely), too short and it crawls.
# - **Under Adam** each weight's gradient is divided by the size of its own recent gradients (Kingma & Ba 2015). Shorten all of them by nearly the same factor, and little changes: the second row is alike.
# - **But that needs recent gradients of about the same length.** In the third row, the first ones are far longer than those to come. What does Adam do after one of these?

# %%
def adam_steps(first_gradient, updates=400):
    """How far Adam goes at each update, rate 1: one gradient of that size, then gradients of 1."""
    weight, walker, places = [np.zeros(1)], scratch.Adam(learning_rate=1.0), [0.0]
    for update in range(updates):
        walker.update(weight, [np.full(1, 1.0 if update else first_gradient)])
        places.append(weight[0].item())
    return np.abs(np.diff(places))                                 # (400,)


after_spike = {"first gradient 1000": adam_steps(1000.0), "clipped to 10": adam_steps(10.0)}
plots.lines(np.arange(1, 401), after_spike, models=["lstm", "gru"], log="y", xlabel="update", ylabel="step, learning rate = 1",
            title="One long gradient makes Adam creep for hundreds of updates")
plt.show()

# %%
early, later = relu_norms[:, 1, :20].max(axis=-1), np.median(relu_norms[:, 1, 100:], axis=-1)  # (3,): threshold 10
claim("In the third row, one of the first 20 gradients is more than 30 times as long as later ones",
      (early > 30 * later).all(), ", ".join(f"{times:.0f}" for times in early / later) + " times the median")
claim("A hundred updates after a gradient of 1000 Adam's steps are shorter than a fiftieth of the rate",
      after_spike["first gradient 1000"][99] < 1 / 50, f"{after_spike['first gradient 1000'][99]:.3f} of it")
claim("Clipped to 10, they are more than half of it", after_spike["clipped to 10"][99] > 0.5,
      f"{after_spike['clipped to 10'][99]:.2f} of it")

# %% [markdown]
# Adam keeps a running mean of squares for each weight, $v \leftarrow 0.999\,v + 0.001\,g^2$, and divides by $\sqrt v$ (0.999 is Keras' `beta_2`). The square of 1000 is a million, and stays in it for
# thousands of updates. Clipping keeps it out. So clip under Adam, too.
# *Where* matters less than under SGD: thresholds 10 and 1 do.
#
# ### Where "1 to 10" holds
# A threshold is compared with a gradient's length, so it has a scale: that of *your* loss. Sum the loss over a batch of 100 instead of averaging, and all lengths are a hundred times larger.
# Pascanu et al. (2013) look first: they take the mean length over many updates, and report that thresholds from half of it to ten times of it can still converge. What is that mean here?

# %%
typical = sgd_norms[:, list(thresholds).index("1")].mean()         # of (3, 1000) lengths before clipping
claim("With threshold 1, the mean length of our gradients is of the order of 1", 0.3 < typical < 3, f"{typical:.2f}")

# %% [markdown]
# So "1 to 10" is advice for losses like ours, whose gradients have a length near 1. Even here 10, several times the mean, was too much: that range is where to begin, no guarantee. Sutskever et al. (2014) clip at 5, for an LSTM. Record first, then choose: near the
# usual length or somewhat above it, well below the spikes.
#
# Could we not have taken a smaller learning rate instead? That is a fair rival; *Try it* 2 has you measure it. It shortens *all* steps, clipping only those that should not be believed.

# %% [markdown]
# ## NaN, and back
# One of these nets has been trained, with threshold 1. It could go faster, thinks somebody, makes the rate ten times larger and forgets the clipping. `measure.StopOnNaN` watches: it
# keeps a copy of the weights from before the trouble, and stops when a loss is no number any more.
#
# **Before you run it:** how many updates will it take to get from an error of a hundredth to infinity?

# %%
net = tanh_net()
net.set_weights(trained["1"])


def mse_of(model):
    return float(np.mean((np.array(model(steps_10.test[0]), "float64") - steps_10.test[1]) ** 2))


def saturated():
    """Which share of the states, of 100 sequences at all 10 steps, lies within a thousandth of ±1."""
    cell = scratch.SimpleRNN(input_dim=2, units=64)
    cell.set_weights(net.layers[0].get_weights())
    return np.mean(np.abs(scratch.forward(cell, steps_10.test[0][:100]).outputs) > 0.999)


before_trouble, saturation = mse_of(net), []
net.compile(keras.optimizers.SGD(0.5, momentum=0.9), "mse")
guard, seismograph = measure.StopOnNaN(verbose=0), measure.GradientRecorder()
look = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: saturation.append(saturated()))
_ = net.fit(*steps_10.train, batch_size=32, verbose=0, callbacks=[seismograph, look, guard])

# %% tags=["nbval-ignore-output"]
print(guard.explanation)

# %%
growth = seismograph.before[1:] / seismograph.before[:-1]
updates = np.arange(1, len(seismograph.before) + 1)
by_63 = seismograph.before[-1] * 63.0 ** (updates - updates[-1])
figure, panel = plt.subplots(2, 1, figsize=(7.0, 5.4), sharex=True)
plots.lines(updates, {"not clipped": seismograph.before, "63 times an update": by_63}, models=["lstm", "truth"], log="y",
            xlabel="", ylabel="length", title="The gradient grows by a factor, until numbers end …", ax=panel[0])
panel[0].lines[1].set_linestyle("--")
panel[0].set_ylim(seismograph.before.min() / 10, None)
plots.lines(updates, {"saturated states": saturation}, models=["simple"], xlabel="update", ylabel="share",
            title="… when nearly all states are ±1", ax=panel[1])
plt.show()
claim("The loss is infinite or no number within 100 updates, and the guard has stopped",
      guard.stopped and guard.batch <= 100, f"at update {guard.batch}")
claim("At the median update the gradient is more than eight times the one before", np.median(growth) > 8,
      f"{np.median(growth):.0f} times")
claim("Few states are saturated at first, most of them at the end", saturation[0] < 0.3 and np.median(saturation[-5:]) > 0.8,
      f"{saturation[0]:.0%} before the first update, {np.median(saturation[-5:]):.0%} before the last")

# %% [markdown]
# Is this a product over sixty steps? The sequences have ten. We hold one of the two layers and train the other alone. **Before you run it:** which of them runs away?

# %%
def alone(part):
    """Train one layer of the same net at the same rate, the other held."""
    twin = tanh_net()
    twin.set_weights(trained["1"])
    twin.layers[1 - part].trainable = False
    twin.compile(keras.optimizers.SGD(0.5, momentum=0.9), "mse")
    stop = measure.StopOnNaN(verbose=0)
    history = twin.fit(*steps_10.train, batch_size=32, verbose=0, callbacks=[stop])
    return stop, history.history["loss"][-1]


recurrent, recurrent_loss = alone(0)
read_out, _ = alone(1)

# %%
cell = scratch.SimpleRNN(input_dim=2, units=64)
cell.set_weights(trained["1"][:3])
last = scratch.forward(cell, steps_10.train[0][:2000]).outputs[:, -1]               # (2000, 64)
read = np.hstack([last, np.ones((2000, 1))])                       # what the read-out and its bias multiply
curvature = 2 * np.linalg.eigvalsh(read.T @ read / 2000)[-1]
claim("The read-out alone diverges, with the recurrent layer held", read_out.stopped, f"at update {read_out.batch}")
claim("The recurrent layer alone does not", not recurrent.stopped, f"mean loss of the epoch {recurrent_loss:.2f}")
claim("The loss is curved more than this rate can bear along the read-out's weights", curvature > 2 * (1 + 0.9) / 0.5,
      f"{curvature:.1f}; with momentum 0.9, SGD at rate 0.5 is stable below 2 (1 + 0.9) / 0.5 = 7.6")

# %% [markdown]
# So it is not a product over time, this time: a linear model does the same. From the first update the rate is too large for the read-out. Its growing errors throw the recurrent weights out as well,
# and large weights saturate the units. With 64 states of ±1 and a bias, the loss is a parabola in the read-out's weights, with a curvature of up to $2 \cdot 65 = 130$ along the states. A
# rate of 0.5 then goes 65 times the distance to its bottom, so it lands 64 times as far on the other side; momentum takes back 0.9 of that distance more. So an update multiplies the error by up to
# 1 − 65 + 0.9 ≈ −63: the dashed line.
#
# The rest is arithmetic. float32 ends at 3.4 × 10³⁸:

# %%
largest = np.finfo(np.float32).max
with np.errstate(over="ignore", invalid="ignore"):
    beyond = largest * np.float32(10)                              # inf
    births = [beyond - beyond, np.float32(0) * beyond]             # inf − inf, and 0 · inf
flat_slope = 1 - np.tanh(np.float32(10)) ** 2                      # a saturated unit, in float32
claim("Beyond the largest number comes inf, and inf − inf and 0 · inf are NaN",
      np.isinf(beyond) and np.isnan(births).all(), f"largest {largest:.1e}")
claim("A saturated unit's slope is exactly 0, so an infinite gradient becomes NaN there", flat_slope == 0,
      "1 − tanh²(10) = 0 in float32")
spoiled = tanh_net()
kernel, *others = spoiled.get_weights()
kernel[0, 0] = np.nan                                              # one weight of all
spoiled.set_weights([kernel, *others])
claim("One NaN among the weights makes every answer NaN", np.isnan(np.array(spoiled(steps_10.test[0]))).all(),
      f"{len(steps_10.test[0]):,} of {len(steps_10.test[0]):,} answers")

# %% [markdown]
# That is why a run never recovers from NaN by itself: every later gradient is NaN, too. Lowering the rate *afterwards* helps nothing. You need the weights from before, and the guard has put them
# back (with the optimiser's memory, since a momentum can be NaN as well). We go on from there, clipped, with the old rate.

# %%
restored = mse_of(net)
net.compile(keras.optimizers.SGD(0.05, momentum=0.9, global_clipnorm=1.0), "mse")
_ = net.fit(*steps_10.train, batch_size=32, verbose=0, callbacks=[measure.StopOnNaN(), progress(label="going on")])
plots.bars({"before the trouble": before_trouble, "put back": restored, "trained further": mse_of(net)},
           models=["simple"] * 3, form="{:.4f}", reference=("second number alone", 1 / 12),
           title="Nothing is lost but a few updates", xlabel="MSE on unseen sequences")
claim("The weights that were put back are as good as before the trouble", restored < 2 * before_trouble,
      f"MSE {restored:.4f}, before {before_trouble:.4f}")
claim("Trained further with clipping, the net is sound", mse_of(net) < 0.03, f"MSE {mse_of(net):.4f}")

# %% [markdown]
# When your own loss is NaN, look at which update it was. At the first one, look into the data (a NaN in `x`, a log of 0). Later, suspect this: record the gradient, clip, or lower the rate.

# %% [markdown]
# ## A card: gated cells
# Clipping cures gradients that are too long. Those that vanish it cannot make longer. The remedy for them is another cell, whose state is added to rather than overwritten. That is what **gated** promises:
#
# | | |
# |---|---|
# | **LSTM**, **GRU** | long short-term memory (Hochreiter & Schmidhuber 1997), gated recurrent unit (Cho et al. 2014) |
# | the promise | small networks inside the cell, the *gates*, decide at each step what to keep, to write, to show; what is kept is multiplied by nearly 1, so it and its gradient last |
# | not promised | that nothing explodes: clip as before |
# | the contract | that of `SimpleRNN`: inputs `(B, T, D)` → outputs `(B, T, H)` or `(B, H)`, and a final state |
# | the price | four (LSTM) and three (GRU) times the weights |
#
# Part 3 uses both as black boxes. Part 4 opens them, and measures the promise. Until then, this is all you need:

# %%
sequences = np.zeros((5, 12, 3), "float32")                        # (B, T, D)
parameters = {}
for layer in (keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU):
    outputs, *state = layer(20, return_sequences=True, return_state=True)(sequences)
    model = keras.Sequential([keras.Input((12, 3)), layer(20), keras.layers.Dense(1)])      # the one line that changes
    parameters[layer.__name__] = model.layers[0].count_params()
    shapes = " and ".join(str(tuple(part.shape)) for part in state)
    print(f"{layer.__name__:9}  outputs {tuple(outputs.shape)}  state {shapes:19}  parameters {parameters[layer.__name__]:,}")
claim("An LSTM has four times the weights of a SimpleRNN", parameters["LSTM"] == 4 * parameters["SimpleRNN"],
      f"{parameters['LSTM']:,}")
claim("A GRU has three times as many, and 20 more for a second bias of each of its three parts",
      parameters["GRU"] == 3 * (parameters["SimpleRNN"] + 20), f"{parameters['GRU']:,}")

# %% [markdown]
# One difference shows: the LSTM's state is *two* arrays, $[h, c]$. Its outputs are $h$; $c$ is the memory proper. Whoever hands a state on (lesson 03) hands on both.

# %% [markdown]
# ## Try it
# Each line stands on its own: copy it into a new cell below, change it, run it.
#
# 1. Does it help to start elsewhere? `walk, _ = descend(np.inf, start=(2.5, 0.0)); walk[-1]`. And `start=(2.2, -0.3)`? Which walks do not meet the wall in 100 updates?
# 2. No clipping, but a smaller rate: `sweep(tanh_net, keras.optimizers.SGD(0.015, momentum=0.9), steps_10, 1000)[0]`, first column. And with 0.005? What has the larger rate bought?
# 3. Does a turned direction hurt? `adder.set_weights(first_weights); adder.compile(keras.optimizers.SGD(0.01, momentum=0.9, clipnorm=1.0), "mse"); adder.fit(x_add, y_add,
#    batch_size=32, verbose=0); adder.evaluate(*task.test, verbose=0)`. And with `clipvalue=1.0`?
# 4. A shorter memory of squares: `sweep(relu_net, keras.optimizers.Adam(0.003, beta_2=0.9), steps_30, 400)[0]`. Does Adam still need clipping?
# 5. Move the slider: from which threshold on is the walk thrown off?

# %% tags=["nbval-ignore-output"]
import ipywidgets


def draw_walk(threshold, ax=None):
    plots.loss_surface(near_w, near_b, closer, xlabel="w", ylabel="b", ax=ax, title=f"Threshold {threshold:g}",
                       paths={"100 updates": descend(threshold)[0]})


def redraw(exponent):
    draw_walk(10.0**exponent)
    plt.show()


slider = ipywidgets.FloatSlider(0.0, min=-1.0, max=3.0, step=0.25, continuous_update=False, description="10 to the")
_ = ipywidgets.interact(redraw, exponent=slider)

# %%
figure, panel = plt.subplots(1, 2, figsize=(7.6, 3.6))
for ax, threshold in zip(panel, (0.3, 10.0), strict=True):
    draw_walk(threshold, ax=ax)
plt.show()
ends = {threshold: landscape(*descend(threshold)[0][-1])[0] for threshold in (0.3, 10.0)}
claim("A walk with threshold 0.3 ends far below one with threshold 10", ends[0.3] < 0.01 * ends[10.0],
      f"loss {ends[0.3]:.0e} and {ends[10.0]:.0e}")

# %% [markdown]
# ## Check yourself
#
# **1. A tanh network's state never leaves (−1, 1). Can its gradient explode?**
# <details><summary>No: what is bounded has a bounded derivative.</summary>
#
# A wall is bounded in height and as steep as you like. On the edge our one unit stayed at 0.5, and its gradient was four hundred million.
# </details>
# <details><summary>Yes, wherever a small change of the weights decides where the state comes to rest.</summary>
#
# Yes. There, each step multiplies the nudge by a slope above 1.
# </details>
# <details><summary>Yes, wherever a singular value of the recurrent kernel exceeds 1.</summary>
#
# That is necessary (for slopes up to 1), not sufficient. Most of the region w > 1 was flat.
# </details>
#
# **2. You switch from averaging the loss over 50 steps to summing it, and keep SGD. What must change so that training stays the same?**
# <details><summary>Nothing: the minimum is at the same place.</summary>
#
# The minimum is, but every gradient is 50 times longer, and so is every step.
# </details>
# <details><summary>Only the threshold: 50 times larger.</summary>
#
# Then the same updates are clipped, but all steps are 50 times longer.
# </details>
# <details><summary>The rate 50 times smaller, the threshold 50 times larger.</summary>
#
# Yes: then every step is what it was. A threshold without its loss says nothing.
# </details>
#
# **3. You clip at 1, and the recorder shows a length of 1 after clipping at every single update. What does that say?**
# <details><summary>The threshold lies below the usual length: you are training with gradients of a fixed length.</summary>
#
# Yes. That may still learn, as our adder nearly did, but near the goal the steps do not get shorter.
# </details>
# <details><summary>All is well: no gradient explodes any more.</summary>
#
# None is longer than 1, that is true of any threshold. But clipping is meant for the exceptions.
# </details>
# <details><summary>The recorder is broken: lengths should differ.</summary>
#
# Before clipping they do.
# </details>
#
# **4. Under Adam you set the threshold from 1 to 0.1, and nothing changes. Why?**
# <details><summary>Adam does not clip.</summary>
#
# It clips like any other optimiser in Keras, before everything else.
# </details>
# <details><summary>Adam divides by the size of recent gradients, and that has shrunk as well.</summary>
#
# Yes. Only gradients that are much longer than the recent ones make a difference.
# </details>
# <details><summary>The gradients are shorter than 0.1 anyway.</summary>
#
# Look before you say so: ours were longer, nearly all were clipped. *(claim: "With threshold 0.1 nearly all …")*
# </details>
#
# **5. The loss is NaN at update 3,000. You lower the learning rate and go on. What happens?**
# <details><summary>It recovers slowly.</summary>
#
# NaN minus anything is NaN. No learning rate, not even 0, brings a weight back.
# </details>
# <details><summary>It stays NaN.</summary>
#
# Yes. You need the weights from before: a checkpoint, or a guard that kept them.
# </details>
# <details><summary>It recovers if clipping is added as well.</summary>
#
# Clipping divides by the length of the gradient, and that is NaN, too. It prevents, it does not heal.
# </details>

# %% [markdown]
# ## Take-aways
# - A bounded state can have a gradient that grows without bound with T: at a cliff of the loss. *(claims: "At w = 2, two hundredths of b …", "With λ = 1.5 …",
#   "Where w > 1 …")*
# - One step from there throws the weights onto a plain without gradient; clipped, the walk arrives. *(claims: "At the wall one step …", "From there …",
#   "The clipped one …")*
# - Real runs have such spikes, in loss and gradient together. *(claims: "After the first hundred …", "Where the gradient is long …")*
# - Of three clippings, only the global norm keeps the direction. *(claims: "Clipping by value and per variable …", "The global norm …")*
# - Under SGD, at a rate that diverges without, the threshold decides; it has the scale of your loss, so record first. *(claims: "SGD without clipping …", "With threshold 1 …", "With
#   threshold 0.1 …")*
# - Under Adam thresholds of 10 and 1 served all our nets; without any, one long gradient can silence it. *(claims: "The tanh net under Adam …", "Without one, their …", "A hundred
#   updates after …")*
# - NaN does not heal: go back to good weights, then clip. *(claims: "One NaN …", "The weights that were put back …", "Trained further …")*
#
# **Exercises.** [Exercises 06](exercises/06_exploding_gradients.ipynb): clip by norm, tell three clippings apart, repair a run that diverges. The notebook says how many
# minutes each takes.
#
# ## Read on
# - R. Pascanu, T. Mikolov and Y. Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013: the cliff, the bound, clipping by the norm and how to choose its
#   threshold.
# - Y. Bengio, P. Simard and P. Frasconi, *Learning long-term dependencies with gradient descent is difficult*, IEEE Transactions on Neural Networks 5 (1994): resting places, and why
#   keeping a bit safely makes gradients vanish.
# - I. Sutskever, O. Vinyals and Q. V. Le, *Sequence to sequence learning with neural networks*, NeurIPS 2014: clipping in earnest, with an LSTM.
# - J. Zhang, T. He, S. Sra and A. Jadbabaie, *Why gradient clipping accelerates training*, ICLR 2020: a proof that clipping allows longer steps where curvature grows with the gradient.
