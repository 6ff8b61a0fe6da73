# dicomill as an image: locked packages, no root, data and key in volumes.
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    MPLCONFIGDIR=/data/.matplotlib

# /data: where commands work. /keys: the secret key; only this user may look in.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data dicomill \
    && install -d -o dicomill -g dicomill -m 0750 /data \
    && install -d -o dicomill -g dicomill -m 0700 /keys

WORKDIR /app
# The packages change more rarely than the code, so they make a layer of their own. The lock is the
# checkout's own (with its test tools), so that image and checkout run the same versions.
COPY requirements.lock ./
RUN pip install --require-hashes --no-deps -r requirements.lock

COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY cli ./cli
COPY database ./database
COPY evaluation ./evaluation
COPY foundation ./foundation
COPY imaging ./imaging
COPY inference ./inference
COPY ingest ./ingest
COPY migrations ./migrations
COPY pipeline ./pipeline
COPY preprocessing ./preprocessing
COPY training ./training
RUN pip install --no-deps --no-build-isolation .

USER dicomill
WORKDIR /data
VOLUME ["/data", "/keys"]
ENTRYPOINT ["dicomill"]
CMD ["--help"]
