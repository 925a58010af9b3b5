# Not Alpine: cel-expr-python has no musl wheels. Builder and final must be the same image: the venv names its Python.
ARG BASE=python:3.13-slim

FROM ${BASE} AS builder
WORKDIR /src
RUN python3 -m venv /opt/remediator
COPY requirements.lock ./
RUN /opt/remediator/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY LICENSE README.md pyproject.toml ./
COPY remediator remediator
RUN /opt/remediator/bin/pip install --no-cache-dir --no-deps .

FROM ${BASE}
ENV PATH=/opt/remediator/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN groupadd --gid 65532 remediator \
 && useradd --uid 65532 --gid 65532 --home-dir /data --no-create-home --shell /usr/sbin/nologin remediator \
 && install -d -o 65532 -g 65532 -m 0700 /data
COPY --from=builder /opt/remediator /opt/remediator
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 9095
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["remediator", "healthcheck"]
ENTRYPOINT ["remediator"]
CMD ["serve"]
