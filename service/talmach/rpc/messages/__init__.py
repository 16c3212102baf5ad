"""Protobuf on one side, values of the package on the other: requests are validated here, and only here.

checks       the single checks: each adds what it finds to the violations of a request
requests     request message -> validated values, or InvalidRequest with every violation at once
replies      results -> reply messages; spans leave in the encoding that the caller counts in
server_info  ServerInfo -> reply message
"""
