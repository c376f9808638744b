"""What every page needs and no app owns: the frame, forms, fragments, streams, errors, assets. Knows Django, not our apps."""
