"""The four dual encoders as people write them in Keras: what `dual.py` measures against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from products import now, since


@dataclass(frozen=True)
class Sizes:
    """What decides a network's size, its dropout (shares that are dropped) and its training."""

    columns: int = 39
    values: int = 35
    classes: int = 4
    units: int = 200
    dimension: int = 300
    drop_audio: float = 0.3
    drop_text: float = 0.7
    learning_rate: float = 0.001
    clip: float = 10.0


SIZES = Sizes()


def network(model: str, words: int, sizes: Sizes) -> Any:
    """Return the network of a model, with so many words in its vocabulary."""
    import keras

    frames, vector = keras.Input((None, sizes.columns)), keras.Input((sizes.values,))
    text = keras.Input((None,), dtype="int32")
    if model == "are":
        inputs, known = [frames, vector], _heard(frames, vector, sizes)
    elif model == "tre":
        inputs, known = [text], _read(text, words, sizes)
    else:
        inputs, join = [frames, vector, text], {"mdre": _halves, "mdrea": _attention}[model]
        audio = _heard(frames, vector, sizes)
        known = join(audio, _read(text, words, sizes, all_states=model == "mdrea"), sizes)
    return keras.Model(inputs, keras.layers.Dense(sizes.classes, activation="softmax")(known))


def _heard(frames: Any, vector: Any, sizes: Sizes) -> Any:
    from keras import layers

    steps = layers.Dropout(sizes.drop_audio)(layers.Masking()(frames))
    last = layers.Dropout(sizes.drop_audio)(layers.GRU(sizes.units)(steps))
    return layers.Concatenate()([last, vector])


def _read(text: Any, words: int, sizes: Sizes, all_states: bool = False) -> Any:
    from keras import layers

    steps = layers.Embedding(words, sizes.dimension, mask_zero=True)(text)
    steps = layers.Dropout(sizes.drop_text)(steps)
    states = layers.GRU(sizes.units, return_sequences=all_states)(steps)
    return layers.Dropout(sizes.drop_text)(states)


def _halves(audio: Any, text: Any, sizes: Sizes) -> Any:
    from keras import layers

    half = layers.Dense((sizes.units + sizes.values) // 2, activation="tanh")(audio)
    other = layers.Dense(sizes.units // 2, activation="tanh")(text)
    return layers.Concatenate()([half, other])


def _attention(audio: Any, states: Any, sizes: Sizes) -> Any:
    from keras import layers

    query = layers.Dense(sizes.units)(audio)
    attended = layers.Attention()([layers.Reshape((1, sizes.units))(query), states])
    return layers.Concatenate()([layers.Reshape((sizes.units,))(attended), query])


@dataclass(frozen=True)
class Side:
    """Utterances as Keras takes them: the inputs of a model, and the classes as numbers."""

    inputs: Sequence[np.ndarray]
    labels: np.ndarray


def fit(
    built: Any,
    sizes: Sizes,
    training: Side,
    dev: Side | None,
    *,
    epochs: int,
    batch: int,
    xla: bool = False,
) -> tuple[list[tuple[float, float]], float]:
    """Train; return the seconds of each epoch (CPU, wall; dev left out) and the lowest dev loss."""
    import keras

    adam = keras.optimizers.Adam(sizes.learning_rate, clipvalue=sizes.clip)
    # Keras would not ask XLA where there is no GPU; said, so that nothing depends on the machine.
    built.compile(adam, "sparse_categorical_crossentropy", jit_compile=xla)
    starts: list[tuple[float, float]] = []
    spent: list[tuple[float, float]] = []

    def trained(*_: Any) -> None:
        if len(spent) < len(starts):  # dev is looked at, or would be
            spent.append(since(starts[-1]))

    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: starts.append(now()), on_epoch_end=trained
    )
    watch.on_test_begin = trained
    watched = None if dev is None else (dev.inputs, dev.labels)
    past = built.fit(
        training.inputs,
        training.labels,
        batch_size=batch,
        epochs=epochs,
        validation_data=watched,
        callbacks=[watch],
        verbose=0,
    ).history
    return spent, min(past.get("val_loss", [np.nan]))
