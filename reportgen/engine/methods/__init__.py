"""The methods by name: one file per family, all of the same shape."""

from reportgen.engine.methods.alti import Alti
from reportgen.engine.methods.attention import Attention
from reportgen.engine.methods.attention_attribution import AttentionAttribution
from reportgen.engine.methods.attention_relevance import AttentionRelevance
from reportgen.engine.methods.attention_rollout import AttentionRollout
from reportgen.engine.methods.base import Case, Finding, Method, NotApplicable, require_finite
from reportgen.engine.methods.globenc import GlobEnc
from reportgen.engine.methods.integrated_gradients import IntegratedGradients
from reportgen.engine.methods.layer_conductance import LayerConductance
from reportgen.engine.methods.residual_norms import ResidualNorms
from reportgen.engine.methods.sub_embeddings import SubEmbeddings
from reportgen.engine.methods.vector_norms import VectorNorms

REGISTRY: dict[str, type[Method]] = {
    method.name: method
    for method in (
        IntegratedGradients,
        SubEmbeddings,
        LayerConductance,
        Attention,
        AttentionAttribution,
        VectorNorms,
        ResidualNorms,
        GlobEnc,
        Alti,
        AttentionRollout,
        AttentionRelevance,
    )
}
"""The implementations of :data:`reportgen.spec.methods.METHODS`.

All but ``random_logit``, which compares what the others find; see :mod:`reportgen.engine.job`.
"""

__all__ = ["REGISTRY", "Case", "Finding", "Method", "NotApplicable", "require_finite"]
