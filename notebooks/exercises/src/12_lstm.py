# %% [markdown]
# # Exercises 12 · LSTM
#
# Five functions about the LSTM: its step, gates that you set by hand, what happens to the gradient of a cell state, the forget
# bias that a lag needs, and weights from other libraries: about 65 minutes of work. They go with
# [lesson 12](../12_lstm.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** $x_t$, $h_t$ and $c_t$ are rows, $\odot$ multiplies entry by entry, and $\sigma(a) = 1/(1 + e^{-a})$. With D
# features and H units all weights are in **Keras' layout**: `kernel` (D, 4H) holds $W_i, W_f, W_c, W_o$ side by side, H columns
# each; `recurrent_kernel` (H, 4H) holds $U_i, U_f, U_c, U_o$ and `bias` (4H,) the four biases in the same order, **i, f, c̃, o**.
# All is counted from 0.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 12.1 · One step of the LSTM  (15 minutes)
#
# Write `lstm_step(x_t, h, c, kernel, recurrent_kernel, bias)`, one step for a batch of B sequences:
#
# $$i = \sigma(x_t W_i + h_{t-1} U_i + b_i), \qquad f = \sigma(x_t W_f + h_{t-1} U_f + b_f), \qquad
# \tilde c = \tanh(x_t W_c + h_{t-1} U_c + b_c), \qquad o = \sigma(x_t W_o + h_{t-1} U_o + b_o),$$
#
# $$c_t = f \odot c_{t-1} + i \odot \tilde c, \qquad h_t = o \odot \tanh(c_t) .$$
#
# - `x_t`: array of shape (B, D). `h`, `c`: the states before, each (B, H). The weights as above.
# - Returns a tuple of two arrays of shape (B, H): $h_t$ and $c_t$.
# - Mind: B, D and H are equal in most inputs of the check.
# - Edge cases: one sequence, one feature, one unit; states of zeros; scores of many thousands, whose exp no computer can hold.
#
# One sequence, one feature, one unit. The input is 1, the state before is h = 0.5, c = 2; all four recurrent weights are 0, and
# the scores of i, f, c̃ and o are 0, 2, 1 and 0:
#
# | i = σ(0) | f = σ(2) | c̃ = tanh(1) | o = σ(0) | c | h |
# | --- | --- | --- | --- | --- | --- |
# | 0.5 | 0.881 | 0.762 | 0.5 | 0.881 · 2 + 0.5 · 0.762 = 2.142 | 0.5 · tanh(2.142) = 0.486 |
#
# ```python
# >>> one = np.ones((1, 1))
# >>> h, c = lstm_step(one, 0.5 * one, 2 * one, np.array([[0.0, 2.0, 1.0, 0.0]]), np.zeros((1, 4)), np.zeros(4))
# >>> h.round(3).tolist(), c.round(3).tolist()
# ([[0.486]], [[2.142]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex12-1","locked":false,"schema_version":3,"solution":true}
def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):
    """h_t and c_t, each (B, H)."""
    ### BEGIN SOLUTION
    a_i, a_f, a_c, a_o = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 4, axis=1)  # (B, H) each
    i, f, o = ((1 + np.tanh(a / 2)) / 2 for a in (a_i, a_f, a_o))  # the sigmoid, without an exp that overflows
    c_t = f * c + i * np.tanh(a_c)
    return o * np.tanh(c_t), c_t
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex12-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("12.1", lstm_step)

# %% [markdown]
# ## 12.2 · A counter and a latch  (15 minutes)
#
# Set the weights of an LSTM with two units by hand. It reads tokens as one-hot rows: token 3 is a row of zeros with a 1 at place
# 3. Two of the tokens matter. The **counter**, unit 0, keeps *how often* the token `counted` has come since the last `reset`, in
# steps of 0.1. The **latch**, unit 1, keeps *whether* it has come since then: 1 or 0. Write `by_hand(tokens, counted, reset)`.
#
# - `tokens`: whole number D ≥ 2, how many different tokens there are. `counted`, `reset`: two of the numbers 0 … D − 1.
# - Returns a tuple of three arrays of real numbers in Keras' layout for H = 2: `kernel` (D, 8), `recurrent_kernel` (2, 8), `bias` (8,).
# - At every step $c_t[0]$ is 0.1 · count and $c_t[1]$ is 0 or 1, nearly, since no gate is ever quite shut. A token `reset` sets
#   both to 0 at its own step. Both are always shown: $h_t[0] = \tanh(0.1 \cdot \text{count})$, and $h_t[1]$ is 0.76 = tanh(1), or 0.
# - Many weights do this, and all of them pass: the check runs an LSTM with yours and compares $h_t$, to within 0.03.
# - Edge case: two tokens and no other.
#
# With `counted` = 2 and `reset` = 0 the cell states should be:
#
# | token | 2 | 1 | 2 | 2 | 0 | 1 | 2 |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# | counter | 0.1 | 0.1 | 0.2 | 0.3 | 0 | 0 | 0.1 |
# | latch | 1 | 1 | 1 | 1 | 0 | 0 | 1 |
#
# ```python
# >>> kernel, recurrent_kernel, bias = by_hand(tokens=4, counted=2, reset=0)
# >>> kernel.shape, recurrent_kernel.shape, bias.shape
# ((4, 8), (2, 8), (8,))
# ```


# %% nbgrader={"grade":false,"grade_id":"ex12-2","locked":false,"schema_version":3,"solution":true}
def by_hand(tokens, counted, reset):
    """kernel, recurrent_kernel and bias of an LSTM with two units, a counter and a latch."""
    ### BEGIN SOLUTION
    far = 10.0  # σ(10) is 0.99995
    kernel = np.zeros((tokens, 4, 2))  # token, block (i, f, c̃, o), unit
    kernel[counted, 0] = 2 * far  # write, both
    kernel[counted, 1, 1] = -2 * far  # the latch makes room first, the counter keeps what it has
    kernel[counted, 2] = 0.1, far  # tanh(0.1) is nearly 0.1, tanh(10) is 1
    kernel[reset, 1] = -2 * far  # forget, both
    bias = np.repeat([-far, far, 0.0, far], 2)  # at any other token: write nothing, keep all, show all
    return kernel.reshape(tokens, 8), np.zeros((2, 8)), bias
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex12-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("12.2", by_hand)

# %% [markdown]
# ## 12.3 · One step of the cell state, held and in all  (15 minutes)
#
# How does $c_t$ move with $c_{t-1}$? With $h_{t-1}$ held, $\partial c_t/\partial c_{t-1}$. When the network runs, $h_{t-1} =
# o_{t-1} \odot \tanh(c_{t-1})$ moves as well, and the gates of step t read it: that makes the total, $dc_t/dc_{t-1}$. Write
# `cell_derivatives(i, f, c_tilde, c_before, o_before, recurrent_kernel)`, for one sequence.
#
# - `i`, `f`, `c_tilde`: the two gates and the candidate of step t, each (H,). `c_before`, `o_before`: $c_{t-1}$ and the output gate
#   $o_{t-1}$, each (H,). `recurrent_kernel`: (H, 4H), in Keras' layout.
# - Returns a tuple of two arrays of shape (H, H). `held`: $\partial c_t/\partial c_{t-1}$. `total`: $dc_t/dc_{t-1}$, with $x_t$
#   and all that came before $c_{t-1}$ held. Row j, column k says how unit k at step t moves with unit j at step t − 1.
# - Edge cases: one unit; an output gate that was shut; a $c_{t-1}$ of 0, and one where tanh is flat.
#
# One unit, with i = 0.5, f = 0.9, c̃ = 0 and c before = 0, o before = 0.8. The four recurrent weights are 1, 2, 3 and 4:
#
# | from c to h before | c_t moves with h by i | by f | by c̃ | total |
# | --- | --- | --- | --- | --- |
# | 0.8 · (1 − 0²) = 0.8 | 1 · 0.25 · 0 = 0 | 2 · 0.09 · 0 = 0 | 3 · (1 − 0²) · 0.5 = 1.5 | 0.9 + 0.8 · 1.5 = 2.1 |
#
# ```python
# >>> i, f, c_tilde, c_before, o_before = (np.array([number]) for number in (0.5, 0.9, 0.0, 0.0, 0.8))
# >>> held, total = cell_derivatives(i, f, c_tilde, c_before, o_before, np.array([[1.0, 2.0, 3.0, 4.0]]))
# >>> held.tolist(), total.round(3).tolist()
# ([[0.9]], [[2.1]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex12-3","locked":false,"schema_version":3,"solution":true}
def cell_derivatives(i, f, c_tilde, c_before, o_before, recurrent_kernel):
    """held and total, each (H, H): a row for each unit at t − 1, a column for each at t."""
    ### BEGIN SOLUTION
    U_i, U_f, U_c, _ = np.split(recurrent_kernel, 4, axis=1)  # (H, H) each
    dc_dh = U_i * (i * (1 - i) * c_tilde) + U_f * (f * (1 - f) * c_before) + U_c * ((1 - c_tilde**2) * i)
    dh_dc = o_before * (1 - np.tanh(c_before) ** 2)  # (H,): each unit of h hears its own c alone
    held = np.diag(f)
    return held, held + dh_dc[:, np.newaxis] * dc_dh
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex12-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("12.3", cell_derivatives)

# %% [markdown]
# ## 12.4 · How long a gate remembers  (10 minutes)
#
# Before training the gates follow their biases, more or less. Let a forget gate stand at $\sigma(b)$ at every step and let nothing
# be written: which share of $c_0$ is left in $c_T$? And which bias does it take to keep a given share? Write
# `forget_bias(lags, share, bias)`.
#
# - `lags`: array of whole numbers T ≥ 1. `share`: real number between 0 and 1. `bias`: real number.
# - Returns a tuple of two arrays of real numbers, an entry for each lag. `needed`: the bias with which exactly `share` of a state is
#   left after T steps. `kept`: the share that is left after T steps with the given `bias`.
# - Edge cases: a lag of 1; lags of a thousand and more; a single lag.
#
# Keras begins with a forget bias of 1. To keep 80 %:
#
# | T | gate needed | needed | kept with a bias of 1 |
# | --- | --- | --- | --- |
# | 1 | 0.8 | 1.386 | 0.731 |
# | 10 | 0.978 | 3.791 | 0.044 |
#
# ```python
# >>> needed, kept = forget_bias(np.array([1, 10]), share=0.8, bias=1.0)
# >>> needed.round(3).tolist(), kept.round(3).tolist()
# ([1.386, 3.791], [0.731, 0.044])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex12-4","locked":false,"schema_version":3,"solution":true}
def forget_bias(lags, share, bias):
    """The bias needed to keep the share over each lag, and the share that a given bias keeps over each."""
    ### BEGIN SOLUTION
    gate = share ** (1 / lags)  # gate ** lags == share
    needed = np.log(gate / (1 - gate))  # the logit: where the sigmoid has it from
    return needed, (1 / (1 + np.exp(-bias))) ** lags
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex12-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("12.4", forget_bias)

# %% [markdown]
# ## 12.5 · Weights from elsewhere  (10 minutes)
#
# Other libraries write $W x$ with columns, where Keras writes $x W$ with rows, keep the four blocks in another order, and keep two
# biases that are added. Write `to_keras(w_ih, w_hh, b_ih, b_hh, order)`, which makes Keras' arrays of theirs.
#
# - `w_ih`: array of shape (4H, D), four blocks of H rows, one above the other. `w_hh`: (4H, H), likewise. `b_ih`, `b_hh`: each
#   (4H,), likewise; both are added to the scores. `order`: list of the four letters `"i"`, `"f"`, `"c"` (the candidate), `"o"`, in the
#   order of the blocks from top to bottom.
# - Returns a tuple of three arrays in Keras' layout: `kernel` (D, 4H), `recurrent_kernel` (H, 4H), `bias` (4H,).
# - Mind: D and H are equal in most inputs of the check.
# - Edge cases: more features than units; one unit; Keras' own order, and its reverse.
#
# One unit and one feature, in the order of ONNX:
#
# | order | i | o | f | c | | Keras' order | i | f | c | o |
# | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
# | w_ih | 1 | 2 | 3 | 4 | | kernel | 1 | 3 | 4 | 2 |
#
# ```python
# >>> w_ih, b = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([0.1, 0.2, 0.3, 0.4])
# >>> kernel, recurrent_kernel, bias = to_keras(w_ih, 10 * w_ih, b, b, order=["i", "o", "f", "c"])
# >>> kernel.tolist(), recurrent_kernel.tolist(), bias.tolist()
# ([[1.0, 3.0, 4.0, 2.0]], [[10.0, 30.0, 40.0, 20.0]], [0.2, 0.6, 0.8, 0.4])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex12-5","locked":false,"schema_version":3,"solution":true}
def to_keras(w_ih, w_hh, b_ih, b_hh, order):
    """kernel, recurrent_kernel and bias in Keras' layout and order."""
    ### BEGIN SOLUTION
    places = [order.index(gate) for gate in ("i", "f", "c", "o")]  # where each block of Keras' stands in theirs

    def reordered(array):
        blocks = np.split(array, 4)
        return np.concatenate([blocks[place] for place in places])

    return reordered(w_ih).T, reordered(w_hh).T, reordered(b_ih + b_hh)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex12-5-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("12.5", to_keras)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 12.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 12](../12_lstm.ipynb).
