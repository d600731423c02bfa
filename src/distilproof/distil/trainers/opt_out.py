"""Switches that keep programs from reporting their use, each as its maker documents it."""

QUIET = {
    # https://donottrack.sh, which Hugging Face's libraries read too
    "DO_NOT_TRACK": "1",
    # https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # https://docs.wandb.ai/models/track/environment-variables
    "WANDB_MODE": "disabled",
    # https://docs.ray.io/en/latest/cluster/usage-stats.html
    "RAY_USAGE_STATS_ENABLED": "0",
    # https://docs.vllm.ai/en/latest/usage/usage_stats.html
    "VLLM_NO_USAGE_STATS": "1",
    # https://mlflow.org/docs/latest/community/usage-tracking
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # https://www.gradio.app/guides/environment-variables
    "GRADIO_ANALYTICS_ENABLED": "False",
}
"""Environment of every program that is launched, unless its user turns reports on."""
