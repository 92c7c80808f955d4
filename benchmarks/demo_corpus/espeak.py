"""Minimal ctypes binding of espeak-ng, from a text to samples.

It is used by maintainers to render the corpus. espeak-ng is GPL-licensed, so the project contains
neither its library nor its data; both are in the PyPI package ``espeakng-loader``.
"""

from __future__ import annotations

import ctypes
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

import espeakng_loader
import numpy as np

# Constants of espeak-ng's speak_lib.h.
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_SSML = 0x10
_PARAMETERS = {"rate": 1, "volume": 2, "pitch": 3, "range": 4, "wordgap": 7}

# Name of the file, in espeak-ng's folder of voice variants, with the current variant.
_VARIANT = "demo_actor"

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Espeak:
    """espeak-ng with a different voice for each utterance.

    espeak-ng reads formants and roughness of a voice only from a file. The engine therefore uses a
    temporary copy of the data folder and writes the voice of each utterance to it.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="demo_corpus_")
        data = Path(self._folder.name) / "espeak-ng-data"
        shutil.copytree(espeakng_loader.get_data_path(), data)
        self._variant_file = data / "voices" / "!v" / _VARIANT
        self._library = ctypes.cdll.LoadLibrary(espeakng_loader.get_library_path())
        self._library.espeak_Info.restype = ctypes.c_char_p
        self._library.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
        self.sample_rate = self._library.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS,
            0,
            str(data.parent).encode(),
            _INITIALIZE_DONT_EXIT,
        )
        if self.sample_rate <= 0:
            raise RuntimeError("espeak-ng could not be initialised")
        self._chunks: list[np.ndarray] = []
        # The library stores the pointer only, so the engine must hold a reference to the callback.
        self._callback = _Callback(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def __enter__(self) -> Espeak:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._library.espeak_Terminate()
        self._folder.cleanup()

    @property
    def version(self) -> str:
        """Version that espeak-ng reports."""
        return self._library.espeak_Info(None).decode().split()[0]

    def synthesize(
        self, ssml: str, language: str, variant: str, parameters: dict[str, int], seed: int
    ) -> np.ndarray:
        """Synthesise an SSML text.

        Parameters
        ----------
        ssml
            The text, with SSML markup.
        language
            Name of the base voice in espeak-ng, such as ``en-us``.
        variant
            Contents of the voice variant file.
        parameters
            Settings by name: rate, volume, pitch, range, wordgap.
        seed
            Seed of the random numbers of espeak-ng (flutter, aspiration noise).

        Returns
        -------
        numpy.ndarray
            Samples at ``sample_rate``, shape (samples,), float64 from -1 to 1.
        """
        self._variant_file.write_text(f"language variant\nname actor\n{variant}\n")
        self._library.espeak_ng_SetRandSeed(seed)
        if self._library.espeak_SetVoiceByName(f"{language}+{_VARIANT}".encode()) != 0:
            raise RuntimeError(f"espeak-ng has no voice {language!r}")
        for name, value in parameters.items():
            self._library.espeak_SetParameter(_PARAMETERS[name], int(value), 0)
        self._chunks = []
        text = f"<speak>{ssml}</speak>".encode()
        status = self._library.espeak_Synth(
            text, ctypes.c_size_t(len(text) + 1), 0, 0, 0, _CHARS_UTF8 | _SSML, None, None
        )
        if status != 0 or not self._chunks:
            raise RuntimeError(f"espeak-ng returned no audio for {ssml!r}")
        return np.concatenate(self._chunks).astype(np.float64) / 32768.0

    def _collect(self, samples: ctypes._Pointer, count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0
