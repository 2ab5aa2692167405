"""The real engine under Noroshi: Apache Kafka, PostgreSQL, Prometheus and Alertmanager as processes on loopback."""
