"""Events that another tool has exported (Mixpanel, PostHog), without a map: their special events become what they mean
here, as with Segment's calls."""
