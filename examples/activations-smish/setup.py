from setuptools import setup

from activations.build import plugin

setup(**plugin("activations_smish", "src"))
