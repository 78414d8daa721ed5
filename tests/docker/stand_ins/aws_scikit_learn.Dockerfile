# A stand-in for AWS's scikit-learn and XGBoost images: it proves nothing of Amazon Linux, Python 3.12 or Java 8.
#   docker build --file aws_scikit_learn.Dockerfile [--build-arg PREFIX=/miniconda3] --tag NAME .
#   with --build-arg FRAMEWORK=xgboost --build-arg MODULE=sagemaker_xgboost_container for the other
# From AWS's Dockerfiles of sagemaker-scikit-learn:1.9-0 and sagemaker-xgboost:3.2-0 are the environment in /opt/venv,
# which stood in /miniconda3 before 2026, the toolkits and their versions, the variables, the labels and the user.
# Left out: pandas, pyarrow, dask, CUDA's libraries and nginx, for their size; sagemaker_sklearn_container and
# sagemaker_xgboost_container, which are on no package index, so that AWS's own train and serve end with an error here.
ARG BASE_IMAGE=python:3.11-slim

# sagemaker-training and sagemaker-containers come as source code with a part in C.
FROM ${BASE_IMAGE} AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev python3-dev
ARG PREFIX=/opt/venv
ARG FRAMEWORK=scikit-learn
COPY aws_scikit_learn/${FRAMEWORK}.txt aws_scikit_learn/${FRAMEWORK}.without_dependencies.txt /tmp/
# sagemaker-containers asks for an old Flask, and on Python 3.10 or later it needs this patch; AWS does both to it.
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv "${PREFIX}" \
    && "${PREFIX}/bin/pip" install --requirement "/tmp/${FRAMEWORK}.txt" \
    && "${PREFIX}/bin/pip" install --no-deps --requirement "/tmp/${FRAMEWORK}.without_dependencies.txt" \
    && sed --in-place 's/collections\.Mapping/collections.abc.Mapping/' \
        "${PREFIX}"/lib/python3*/site-packages/sagemaker_containers/_mapping.py

FROM ${BASE_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends default-jre-headless \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home model-server \
    && install --directory --owner=model-server /home/model-server/tmp \
    && install --directory --mode=777 /opt/ml/models
ARG PREFIX=/opt/venv
ARG MODULE=sagemaker_sklearn_container
COPY --from=build ${PREFIX} ${PREFIX}
ENV PATH=${PREFIX}/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONIOENCODING=utf-8 \
    LANG=C.UTF-8 \
    LC_ALL=C.UTF-8 \
    SM_INPUT=/opt/ml/input \
    SM_INPUT_TRAINING_CONFIG_FILE=/opt/ml/input/config/hyperparameters.json \
    SM_INPUT_DATA_CONFIG_FILE=/opt/ml/input/config/inputdataconfig.json \
    SM_CHECKPOINT_CONFIG_FILE=/opt/ml/input/config/checkpointconfig.json \
    SM_MODEL_DIR=/opt/ml/model \
    SAGEMAKER_TRAINING_MODULE=${MODULE}.training:main \
    SAGEMAKER_SERVING_MODULE=${MODULE}.serving:main \
    TEMP=/home/model-server/tmp
LABEL com.amazonaws.sagemaker.capabilities.multi-models=true \
    com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true
EXPOSE 8080
