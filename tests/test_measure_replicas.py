"""Training many small nets by one compiled program."""

import keras
import numpy as np
import pytest

from rnncourse.measure import replicas, train_replicas

RNG = np.random.default_rng(11)
X = RNG.normal(size=(40, 6, 2)).astype("float32")
Y = X[:, :, :1].sum(axis=1)


def build(seed=0, recurrent="orthogonal", activation="tanh", units=5, layer=keras.layers.SimpleRNN):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((None, 2)),
            layer(units, recurrent_initializer=recurrent, activation=activation),
            keras.layers.Dense(1),
        ]
    )


def by_keras(model, optimizer, seed, updates, batch_size):
    """Losses of the same updates by Keras' own training step."""
    model.compile(optimizer, "mse")
    order = np.random.default_rng(seed)
    flat = np.concatenate([order.permutation(len(X)) for _ in range(-(-updates * batch_size // len(X)))])
    return [
        model.train_on_batch(X[part], Y[part])
        for part in flat[: updates * batch_size].reshape(updates, batch_size).astype(int)
    ]


@pytest.mark.parametrize(
    ("optimizer", "jit_compile"),
    [
        (lambda: keras.optimizers.Adam(0.01, global_clipnorm=0.5), True),
        (lambda: keras.optimizers.SGD(0.02, momentum=0.9, clipnorm=0.3), False),
    ],
    ids=["Adam-XLA", "SGD"],
)
def test_each_net_is_trained_as_keras_would(optimizer, jit_compile, monkeypatch):
    monkeypatch.setattr(replicas, "UPDATES_AT_ONCE", 3)  # so that 8 updates need three pieces, the last one short
    starts = [(0, "orthogonal"), (1, "glorot_uniform"), (2, "identity")]
    models, alone = [build(*start) for start in starts], [build(*start) for start in starts]
    options = {"optimizer": optimizer(), "updates": 8, "batch_size": 16, "jit_compile": jit_compile}
    run = train_replicas(models, X, Y, seeds=[5, 6, 7], loss="mse", **options)
    assert run.losses.shape == run.gradient_norms.shape == (3, 8)
    for row, (model, seed) in enumerate(zip(alone, (5, 6, 7), strict=True)):
        np.testing.assert_allclose(run.losses[row], by_keras(model, optimizer(), seed, 8, 16), rtol=1e-4)
        for mine, other in zip(models[row].get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


def test_the_gradient_norm_is_that_of_the_whole_gradient_before_clipping():
    model = build()
    weights = model.get_weights()
    options = {"seeds": [0], "loss": "mse", "updates": 1, "batch_size": 40, "jit_compile": False}
    run = train_replicas([model], X, Y, optimizer=keras.optimizers.SGD(1.0), **options)
    steps = [new - old for new, old in zip(model.get_weights(), weights, strict=True)]  # minus the gradient
    assert run.gradient_norms[0, 0] == pytest.approx(np.sqrt(sum(np.square(step).sum() for step in steps)), rel=1e-4)
    clipped = train_replicas([build()], X, Y, optimizer=keras.optimizers.SGD(1.0, global_clipnorm=1e-3), **options)
    np.testing.assert_allclose(clipped.gradient_norms, run.gradient_norms, rtol=1e-5)


def test_company_and_its_order_do_not_matter():
    together, alone = [build(0), build(1)], build(1)
    options = {"loss": "mse", "optimizer": "adam", "updates": 4, "batch_size": 8, "jit_compile": False}
    both = train_replicas(together, X, Y, seeds=[0, 1], **options)
    single = train_replicas([alone], X, Y, seeds=[1], **options)
    np.testing.assert_allclose(both.losses[1], single.losses[0], rtol=1e-5)
    np.testing.assert_allclose(together[1].get_weights()[1], alone.get_weights()[1], rtol=1e-4, atol=1e-6)
    assert not np.allclose(both.losses[0], both.losses[1])


def test_the_optimizer_given_is_not_changed():
    optimizer = keras.optimizers.Adam(0.1)
    options = {"updates": 2, "batch_size": 8, "jit_compile": False}
    train_replicas([build()], X, Y, seeds=[0], loss="mse", optimizer=optimizer, **options)
    assert not optimizer.built


def test_every_example_comes_once_before_any_comes_again():
    order = replicas.order_of(3, 10, 7, 4).reshape(-1)
    assert sorted(order[:10]) == sorted(order[10:20]) == list(range(10))
    assert not np.array_equal(order[:10], order[10:20])
    assert not np.array_equal(order, replicas.order_of(4, 10, 7, 4).reshape(-1))
    places = np.array([30, 10, 20])
    assert (replicas.order_of(3, places, 2, 3) == places[replicas.order_of(3, 3, 2, 3)]).all()


def test_classes_masks_dropout_and_penalties():
    ids = RNG.integers(0, 5, size=(32, 7))
    models = [
        keras.Sequential(
            [
                keras.Input((7,)),
                keras.layers.Embedding(5, 3, mask_zero=True),
                keras.layers.GRU(4, dropout=0.2, kernel_regularizer=keras.regularizers.L2(0.1), seed=k),
                keras.layers.Dense(5),
            ]
        )
        for k in range(2)
    ]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    options = {"loss": loss, "optimizer": "adam", "updates": 3, "batch_size": 8}
    penalty = [0.1 * np.square(model.layers[1].get_weights()[0]).sum() for model in models]
    run = train_replicas(models, ids, ids[:, 0], seeds=[0, 1], **options)
    assert np.isfinite(run.losses).all()
    np.testing.assert_allclose(run.losses[:, 0] - penalty, np.log(5), atol=0.6)


def test_a_net_that_diverges_says_nan_and_spares_the_next():
    models = [build(0, activation="linear"), build(1, activation="linear")]
    models[1].set_weights([1e20 * w for w in models[1].get_weights()])
    run = train_replicas(
        models, X, Y, seeds=[0, 1], loss="mse", optimizer=keras.optimizers.SGD(1e-3), updates=5, batch_size=8
    )
    assert np.isfinite(run.losses[0]).all() and not np.isfinite(run.losses[1]).any()


def subclassed():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.memory, self.answer = keras.layers.LSTM(3), keras.layers.Dense(1)

        def call(self, x):
            return self.answer(self.memory(x))

    return Net()


def test_a_subclassed_model_is_built_on_the_way():
    models = [subclassed(), subclassed()]
    options = {"updates": 2, "batch_size": 8, "jit_compile": False}
    run = train_replicas(models, X, Y, seeds=[0, 1], loss="mse", optimizer="adam", **options)
    assert np.isfinite(run.losses).all()


def test_functional_models_and_models_within_models_may_have_any_names():
    def functional():
        inputs = keras.Input((None, 2))
        return keras.Model(inputs, keras.layers.Dense(1)(build(layer=keras.layers.LSTM).layers[0](inputs)))

    nested = [keras.Sequential([keras.Input((None, 2)), build(k), keras.layers.Dense(1)]) for k in range(2)]
    for pair in ([functional(), functional()], nested):
        options = {"updates": 1, "batch_size": 8, "jit_compile": False}
        run = train_replicas(pair, X, Y, seeds=[0, 1], loss="mse", optimizer="adam", **options)
        assert np.isfinite(run.losses).all()


TWICE = build()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"models": []}, "models and seeds must be as many, at least one, received 0 and 2"),
        ({"seeds": [1]}, "models and seeds must be as many, at least one, received 2 and 1"),
        ({"seeds": [1, -1]}, r"every seed must be a whole number from 0 up, received -1"),
        ({"updates": 0}, "updates must be a whole number from 1 up, received 0"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1 up, received 0"),
        ({"batch_size": 41}, "at least batch_size = 41, received 40 and 40"),
        ({"y": Y[:7]}, "the same number of examples, at least batch_size = 8, received 40 and 7"),
        ({"models": [build(0), build(1, activation="relu")]}, r"models\[1\] has \('SimpleRNN', .*'relu'"),
        ({"models": [build(0), build(1, units=6)]}, r"alike but for their initial weights: models\[1\] has"),
        ({"models": [build(0), build(1, layer=keras.layers.GRU)]}, r"models\[1\] has \('GRU'"),
        (
            {"models": [TWICE, TWICE]},
            "models must be different objects, received one of them twice",
        ),
    ],
)
def test_refuses(arguments, message):
    given = {
        "models": [build(0), build(1)],
        "x": X,
        "y": Y,
        "seeds": [0, 1],
        "loss": "mse",
        "optimizer": "adam",
        "updates": 2,
        "batch_size": 8,
    } | arguments
    with pytest.raises(ValueError, match=message):
        train_replicas(given.pop("models"), given.pop("x"), given.pop("y"), **given)


def test_program_after_program_gives_no_warning_of_retracing(caplog):
    x, y = np.zeros((8, 3, 2), np.float32), np.zeros((8, 1), np.float32)
    for units in range(1, 7):
        net = keras.Sequential([keras.Input((3, 2)), keras.layers.SimpleRNN(units), keras.layers.Dense(1)])
        train_replicas([net], x, y, seeds=[0], loss="mse", optimizer="sgd", updates=1, batch_size=4)
    assert not [record for record in caplog.records if "retracing" in record.getMessage()]
