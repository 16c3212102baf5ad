"""The contract's messages on one side, values of the package on the other; no door and no gRPC.

checks       the single checks: each adds what it finds to the violations of a request
requests     request message -> validated values, or InvalidRequest with every violation at once
replies      results -> reply messages; spans leave in the encoding that the caller counts in
summaries    the same for summaries
server_info  ServerInfo -> reply message
info         what GetServerInfo tells, as plain values
offsets      code points -> the offset encoding that the caller counts in
status       errors -> `google.rpc` codes and details
"""
