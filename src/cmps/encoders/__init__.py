"""The networks at run time: ONNX files of our own training, run by ONNX Runtime, no torch."""
