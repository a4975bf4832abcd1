namespace contimg {}
