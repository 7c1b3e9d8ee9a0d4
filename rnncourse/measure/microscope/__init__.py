"""The gradient microscope: how a loss depends on each state of a recurrent layer, in any Keras model.

Its modules load TensorFlow; ``rnncourse.measure`` imports them on first use.
"""
