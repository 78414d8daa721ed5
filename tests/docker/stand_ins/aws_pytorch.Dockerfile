# A stand-in for AWS's PyTorch and TensorFlow images: it proves nothing of Amazon Linux, Python 3.12 or CUDA.
#   docker build --file aws_pytorch.Dockerfile [--build-arg FRAMEWORK=tensorflow] --tag NAME .
# From AWS's Dockerfiles of pytorch:2.13-cpu-amzn2023-sagemaker and tensorflow-training:2.21-gpu-py312-sagemaker are the
# environment in /opt/venv, the toolkit behind a script that sets the host's name, the variables, labels and folders.
# Left out: OpenMPI, SSH, and the SageMaker SDK, MLflow and fastai, for their size. Some of what those bring is kept, in
# versions of their time; sagemaker-tensorflow-training, whose release on the index wants numpy 1, is not.
# AWS's TensorFlow image has a script that leaves the host's name alone.
ARG BASE_IMAGE=python:3.11-slim

# sagemaker-training comes as source code with a part in C.
FROM ${BASE_IMAGE} AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev python3-dev
ARG FRAMEWORK=pytorch
COPY aws_pytorch/${FRAMEWORK}.txt /tmp/
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --requirement "/tmp/${FRAMEWORK}.txt"

FROM ${BASE_IMAGE}
ARG FRAMEWORK=pytorch
COPY --from=build /opt/venv /opt/venv
COPY --chmod=755 aws_pytorch/start_with_right_hostname.sh /usr/local/bin/
COPY aws_pytorch/changehostname.c /
# The script compiles changehostname.c in each training container, with jq for the host's name.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc jq libc6-dev \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir --parents /opt/ml/input/data /opt/ml/model /opt/ml/output /opt/ml/code
ENV PATH=/opt/venv/bin:/opt/amazon/openmpi/bin:${PATH} \
    LD_LIBRARY_PATH=/opt/amazon/openmpi/lib:/usr/local/lib: \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONIOENCODING=UTF-8 \
    LANG=C.UTF-8 \
    LC_ALL=C.UTF-8 \
    DLC_CONTAINER_TYPE=training \
    SAGEMAKER_TRAINING_MODULE=sagemaker_${FRAMEWORK}_container.training:main
LABEL dlc_major_version=1 \
    framework=${FRAMEWORK}
EXPOSE 22
WORKDIR /workspace
ENTRYPOINT ["bash", "-m", "start_with_right_hostname.sh"]
CMD ["/bin/bash"]
