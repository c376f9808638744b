"""What every page needs and no app owns: frame, forms, fragments, streams, errors, assets. Django, not our apps."""
