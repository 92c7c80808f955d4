"""The four dual encoders in usual Keras code, with which `dual.py` compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from products import now, since


@dataclass(frozen=True)
class Sizes:
    """Size of a network, dropout (share of values set to zero) and training parameters."""

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
    """Return the network of a model; ``words`` is the size of the vocabulary."""
    import keras

    frames, vector = keras.Input((None, sizes.columns)), keras.Input((sizes.values,))
    text = keras.Input((None,), dtype="int32")
    if model == "are":
        inputs, state = [frames, vector], _audio(frames, vector, sizes)
    elif model == "tre":
        inputs, state = [text], _text(text, words, sizes)
    else:
        inputs, join = [frames, vector, text], {"mdre": _halves, "mdrea": _attention}[model]
        audio = _audio(frames, vector, sizes)
        state = join(audio, _text(text, words, sizes, all_states=model == "mdrea"), sizes)
    return keras.Model(inputs, keras.layers.Dense(sizes.classes, activation="softmax")(state))


def _audio(frames: Any, vector: Any, sizes: Sizes) -> Any:
    from keras import layers

    steps = layers.Dropout(sizes.drop_audio)(layers.Masking()(frames))
    last = layers.Dropout(sizes.drop_audio)(layers.GRU(sizes.units)(steps))
    return layers.Concatenate()([last, vector])


def _text(text: Any, words: int, sizes: Sizes, all_states: bool = False) -> Any:
    from keras import layers

    steps = layers.Embedding(words, sizes.dimension, mask_zero=True)(text)
    steps = layers.Dropout(sizes.drop_text)(steps)
    states = layers.GRU(sizes.units, return_sequences=all_states)(steps)
    return layers.Dropout(sizes.drop_text)(states)


def _halves(audio: Any, text: Any, sizes: Sizes) -> Any:
    from keras import layers

    other = layers.Dense(sizes.units // 2, activation="tanh")(text)
    return layers.Concatenate()([_audio_half(audio, sizes), other])


def _audio_half(audio: Any, sizes: Sizes) -> Any:
    from keras import layers

    return layers.Dense((sizes.units + sizes.values) // 2, activation="tanh")(audio)


def _attention(audio: Any, states: Any, sizes: Sizes) -> Any:
    from keras import layers

    query = layers.Dense(sizes.units)(audio)
    attended = layers.Attention()([layers.Reshape((1, sizes.units))(query), states])
    vector = layers.Reshape((sizes.units,))(attended)
    return layers.Concatenate()([vector, _audio_half(audio, sizes)])


@dataclass(frozen=True)
class Side:
    """Utterances in the form that Keras takes: inputs of a model, and class indices."""

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
    # Explicit, since the default of Keras depends on whether there is a GPU.
    built.compile(adam, "sparse_categorical_crossentropy", jit_compile=xla)
    starts: list[tuple[float, float]] = []
    spent: list[tuple[float, float]] = []

    def trained(*_: Any) -> None:
        # At the start of the evaluation of dev, or at the end of the epoch without dev.
        if len(spent) < len(starts):
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
