"""talmach: translates and summarises news articles between Russian, Belarusian and English over gRPC."""
