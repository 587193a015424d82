"""Normlib against implementations that were not written here: PyTorch, Keras, TensorFlow, Flax, timm and ONNX.

ONNX is light and runs with the tests. The others are heavy: what they compute lies in `golden/`, written by
`python -m tests.conformance.golden`. Where a framework is installed, a test holds its file against it again.
"""
