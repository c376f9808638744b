"""What every page needs and no app owns: frame, forms, fragments, streams, errors, assets. Knows Django, not our apps."""
