"""Parts that the dual encoders share: utterances of audio and text, encoders, training.

After Yoon, Byun and Jung (2018), Multimodal speech emotion recognition using audio and text, IEEE
SLT. Importing this package is cheap; `blocks` imports TensorFlow.
"""
