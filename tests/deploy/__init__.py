"""What a deployment needs: Compose, image, alert rules, dashboards, the Slack app; checked without Docker."""
