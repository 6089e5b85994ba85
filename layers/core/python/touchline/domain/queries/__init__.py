"""What a question about events means, before any store is asked: ranges, buckets, filters, measures, comparison."""
