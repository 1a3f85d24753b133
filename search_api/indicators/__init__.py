"""Indicators (指标): numbers across bureaus and years."""
