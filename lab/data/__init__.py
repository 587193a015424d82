"""What networks learn from: scikit-learn's digits, points of the plane, and MNIST and CIFAR-10 where the files are."""

from lab.data.bundled import digits
from lab.data.cifar import cifar10
from lab.data.dataset import Data, DataError, Split
from lab.data.idx import mnist
from lab.data.sets import FOLDERS, KINDS, named
from lab.data.toy import points

__all__ = ["FOLDERS", "KINDS", "Data", "DataError", "Split", "cifar10", "digits", "mnist", "named", "points"]
