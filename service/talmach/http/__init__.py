"""The second door: HTTP, for programs without gRPC and for people. Needs the extra `http`; knows no gRPC.

server          listens, tells when it serves, stops
connection      one connection: slow callers, connections beyond the limit
application     the paths, and what every answer carries
exchange        what a call goes through: its record, its body, its deadline, a caller who goes away; its reply
refusals        errors -> statuses, header fields and bodies
api             `/v1`: the methods of the contract as JSON, an article as server-sent events
libretranslate  the API of LibreTranslate, for the programs that speak it
openapi         the description of all this, made of the contract; docs_page shows it
tls             the certificates that it listens with
page/           the page for people
"""
