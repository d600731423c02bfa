"""Trainers of students, one file each: a labelled table in, a student folder out."""
