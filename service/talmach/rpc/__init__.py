"""The only package that knows gRPC and protobuf: the first and the last step of the line that data follows.

server         builds the server, tells when it serves, drains it
interceptor    what every call goes through: admission, errors, the log line, the metrics
gate, clients  which calls are let in
quotas         how much one client may ask for
tls, watched   certificates; files that are read again when they change
status         errors -> gRPC status codes with rich details
calls          the record of one call
tracing        the same as OpenTelemetry spans; imported only where there is a collector
*_servicer     one per service of the contract: message -> domain -> message
messages       requests -> validated values, results -> replies
offsets        code points -> the offset encoding that the caller counts in
info           what GetServerInfo tells
"""
