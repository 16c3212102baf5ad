"""Between the contract's messages and the values of the package; knows no door and no gRPC.

checks       the single checks: each adds what it finds to the violations of a request
violations   what is wrong with which field; the facts of the domain under the names of the contract
methods      what can be asked: request message in, reply message out
requests     request message -> validated values, or InvalidFields with every violation at once
replies      results -> reply messages
segments     their segments; spans leave in the encoding that the caller counts in
summaries    their summaries
server_info  ServerInfo -> reply message
info         what GetServerInfo tells, as plain values
json_form    messages as JSON, the protobuf way, and what is wrong with one
offsets      code points -> the offset encoding that the caller counts in
status       errors -> `google.rpc` codes and details
"""
