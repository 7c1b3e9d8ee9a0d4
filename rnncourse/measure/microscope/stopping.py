"""Training that stops when the loss is no number any more, says why, and goes back."""

from __future__ import annotations

import math

import keras
import numpy as np

from rnncourse.measure.microscope.recording import Probe, inner_optimizer

_ENOUGH = 10  # norms whose median says what is usual


class StopOnNaN(keras.callbacks.Callback):
    """Stops ``fit`` when a batch's loss is NaN or infinite, explains it, and puts the last good weights back.

    Good are weights whose loss on a batch was finite and at most ``rise`` times that of the first batch: a run that
    diverges passes through weights that give a number, but of no use. The state of the optimizer goes back with them,
    since a momentum that is NaN would spoil every later step; so training can go on at once, with other settings.

    Keeps copies of the weights and of the optimizer's state, taken after each batch.

    Args:
        rise: float ≥ 1, how many times the loss of the first batch is still good.
        verbose: 0 keeps the explanation to the attribute, 1 prints it too.

    Attributes:
        stopped: bool.
        epoch, batch: int, where the loss was no number, counted from 1 as Keras' progress bar does; None before.
        loss_before: float, the loss of the batch before it; NaN if there was none.
        learning_rate: float, at that time.
        gradient_norm: float, global norm before clipping of the newest finite gradient; NaN if there was none.
        usual_gradient_norm: float, the median up to the weights that are put back.
        explanation: str, what happened and what to try; "" while nothing happened.

    Raises:
        ValueError: ``rise`` is below 1; in ``fit``, a model without an optimizer, or one that is not built yet.

    Example:
        >>> guard = measure.StopOnNaN()
        >>> model.fit(x, y, callbacks=[guard])
        >>> if guard.stopped: model.compile(keras.optimizers.SGD(0.05, global_clipnorm=1.0), "mse")
    """

    def __init__(self, *, rise: float = 2.0, verbose: int = 1) -> None:
        if not rise >= 1:
            raise ValueError(f"rise must be at least 1, received {rise!r}")
        super().__init__()
        self.rise, self.verbose = float(rise), verbose
        self._probe = Probe()
        self._forget()

    def _forget(self) -> None:
        self.stopped, self.explanation = False, ""
        self.epoch: int | None = None
        self.batch: int | None = None
        self.loss_before = self.learning_rate = math.nan
        self._norms: list[float] = []
        self._updates = 0.0
        self._first = self._good_loss = math.nan
        self._good_at, self._good_norms = "the start", 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._forget()
        if not self.model.built:
            raise ValueError(
                f"model must be built before fit, so that its first weights can be kept: begin {self.model.name!r} "
                "with keras.Input, or call it once"
            )
        self._probe.start(self.model)
        if not self.model.optimizer.built:  # so that its state can be copied
            self.model.optimizer.build(self.model.trainable_variables)
        self._good = self._latest = self._copy()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch, self._batches, self._mean = epoch + 1, 0, 0.0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        done, mean = batch + 1, float((logs or {}).get("loss", math.nan))
        # Keras reports the mean over the epoch so far
        loss = (done * mean - self._batches * self._mean) / (done - self._batches)
        if not math.isfinite(loss):
            self._stop(done, loss)
            return
        self._batches, self._mean = done, mean
        *_, updates = values = self._probe.values.numpy()
        if updates > self._updates and math.isfinite(values[0]):
            self._norms.append(math.sqrt(values[0]))
        self._updates = updates
        self._first = loss if math.isnan(self._first) else self._first
        if loss <= self.rise * abs(self._first):  # with the weights as they were before this batch's step
            self._good, self._good_loss = self._latest, loss
            self._good_at, self._good_norms = f"batch {done} of epoch {self._epoch}", len(self._norms)
        self._latest = self._copy()
        self.loss_before = loss

    def on_train_end(self, logs: dict | None = None) -> None:
        self._probe.stop(self.model)

    @property
    def gradient_norm(self) -> float:
        return self._norms[-1] if self._norms else math.nan

    @property
    def usual_gradient_norm(self) -> float:
        return float(np.median(self._norms[: self._good_norms])) if self._good_norms else math.nan

    def _copy(self) -> list[np.ndarray]:
        return [np.array(variable.numpy()) for variable in self._variables()]

    def _variables(self) -> list[keras.Variable]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def _stop(self, batch: int, loss: float) -> None:
        optimizer = inner_optimizer(self.model.optimizer)
        self.stopped, self.epoch, self.batch = True, self._epoch, batch
        self.learning_rate = float(optimizer.learning_rate)
        for variable, value in zip(self._variables(), self._good, strict=True):
            variable.assign(value)
        self.explanation = self._explain(loss, optimizer)
        self.model.stop_training = True
        if self.verbose:
            print(self.explanation)

    def _explain(self, loss: float, optimizer: keras.optimizers.Optimizer) -> str:
        lines = [f"Training stopped: the loss of batch {self.batch} of epoch {self.epoch} is {loss}."]
        if math.isnan(self._first):
            return "\n".join(
                [
                    *lines,
                    "It is the first batch, and no step has been made: the weights are those you started with.",
                    "Try: look for NaN and infinity in x and y; check that the loss fits the last activation "
                    "(from_logits=True without one).",
                ]
            )
        clips = {name: getattr(optimizer, name) for name in ("clipnorm", "global_clipnorm", "clipvalue")}
        clipped = [f"{name}={value:g}" for name, value in clips.items() if value]
        lines += [
            f"Loss of the batch before: {self.loss_before:.4g}; of the first batch: {self._first:.4g}.",
            f"Learning rate: {self.learning_rate:.4g}. Clipping: {', '.join(clipped) or 'none'}.",
            f"Norm of the last finite gradient: {self.gradient_norm:.4g}; median while all was well: "
            f"{self.usual_gradient_norm:.4g}.",
            f"The weights and the optimizer are back as before {self._good_at}"
            + (f", whose loss was {self._good_loss:.4g}." if not math.isnan(self._good_loss) else "."),
        ]
        if clipped:
            lines.append("Try: a learning rate ten times smaller, or a lower threshold.")
        else:
            usual = self._good_norms >= _ENOUGH
            threshold = f"{self.usual_gradient_norm:.2g} (that median) or somewhat above" if usual else "1"
            lines.append(f"Try: clip with global_clipnorm={threshold}; or a learning rate ten times smaller.")
        return "\n".join(lines)
