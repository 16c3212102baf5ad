"""The first door: gRPC, and nothing that works without it.

server         builds the server, tells when it serves, drains it
interceptor    what every call goes through: admission, errors, the log line, the metrics
connections    closes them before the server stops
health         what is known of each part, for whoever asks or watches
tls            the certificates that it listens with
concurrency    bounded concurrency over a stream
batch          one stream of BatchTranslate
servicers      one for each service of the contract: read -> call -> render
"""
