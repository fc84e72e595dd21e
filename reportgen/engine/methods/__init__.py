"""The methods by name: one file per family, all of the same shape."""

from reportgen.engine.methods.attention import Attention
from reportgen.engine.methods.base import Case, Finding, Method, require_finite
from reportgen.engine.methods.integrated_gradients import IntegratedGradients
from reportgen.engine.methods.vector_norms import VectorNorms

REGISTRY: dict[str, type[Method]] = {
    method.name: method for method in (IntegratedGradients, Attention, VectorNorms)
}
"""The implementations of :data:`reportgen.spec.methods.METHODS`."""

__all__ = ["REGISTRY", "Case", "Finding", "Method", "require_finite"]
